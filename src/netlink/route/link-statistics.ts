import { type Codec, codec } from "../../wire/mod.ts";

/** In the order of `struct rtnl_link_stats64`. Source: include/uapi/linux/if_link.h. */
const FIELDS = [
  "rxPackets",
  "txPackets",
  "rxBytes",
  "txBytes",
  "rxErrors",
  "txErrors",
  "rxDropped",
  "txDropped",
  "multicast",
  "collisions",
  "rxLengthErrors",
  "rxOverErrors",
  "rxCrcErrors",
  "rxFrameErrors",
  "rxFifoErrors",
  "rxMissedErrors",
  "txAbortedErrors",
  "txCarrierErrors",
  "txFifoErrors",
  "txHeartbeatErrors",
  "txWindowErrors",
  "rxCompressed",
  "txCompressed",
  "rxNohandler",
  "rxOtherhostDropped",
] as const;

/** Counters since the link was made; packets, bytes and errors as their names say. */
export type LinkStatistics = Readonly<Record<(typeof FIELDS)[number], bigint>>;

/** The structure grew with kernel versions: counters that this kernel does not have are zero, newer ones are skipped. */
export const linkStatistics: Codec<LinkStatistics> = codec<LinkStatistics>({
  write(writer, value) {
    for (const field of FIELDS) writer.u64(value[field]);
  },
  read(reader) {
    const entries = FIELDS.map((field) => [field, reader.remaining >= 8 ? reader.u64() : 0n]);
    reader.skip(reader.remaining);
    return Object.fromEntries(entries) as LinkStatistics; // the list above makes both type and value
  },
});
