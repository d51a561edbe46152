import type { Request } from "./message.ts";

/** Source: include/uapi/linux/netfilter/nfnetlink.h. */
const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;
const NFNL_SUBSYS_NFTABLES = 10;
/** `struct nfgenmsg`: family, version, and the subsystem in network order. */
const batchHeader = Uint8Array.of(0, 0, 0, NFNL_SUBSYS_NFTABLES);

/** The messages of one nf_tables transaction: message `i` stands at place `i + 1`. */
export function batchMessages(messages: readonly Request[]): readonly Request[] {
  return [
    { type: NFNL_MSG_BATCH_BEGIN, flags: 0, payload: batchHeader },
    ...messages,
    { type: NFNL_MSG_BATCH_END, flags: 0, payload: batchHeader },
  ];
}
