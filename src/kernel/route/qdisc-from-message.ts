import { type QdiscMessage, type TbfAttributes, TC_H_INGRESS, TC_H_ROOT } from "../../netlink/route/mod.ts";
import type { Qdisc, TokenBucket } from "../objects/mod.ts";
import { linkIndexOf } from "./message-values.ts";

/** A tick of the packet scheduler, `PSCHED_SHIFT`: tc_tbf_qopt counts time in these. */
export const TICK_NANOSECONDS = 64n;
const SECOND_NANOSECONDS = 1_000_000_000n;

export function qdiscFromMessage({ header, attributes }: QdiscMessage): Qdisc {
  const { parent } = header;
  const tokenBucket = attributes.tbf && tokenBucketOf(attributes.tbf);
  return {
    link: linkIndexOf(header.index),
    kind: attributes.kind ?? "",
    handle: header.handle,
    parent: parent === TC_H_ROOT ? "root" : parent === TC_H_INGRESS ? "ingress" : parent,
    ...(tokenBucket !== undefined && { tokenBucket }),
  };
}

function tokenBucketOf({ parms, rate64 }: TbfAttributes): TokenBucket | undefined {
  if (parms === undefined) return undefined;
  const rateBytes = rate64 ?? BigInt(parms.rate.rate);
  // The kernel keeps the burst as time only: multiply before dividing, and round to the nearest byte.
  const nanosecondBytes = BigInt(parms.buffer) * TICK_NANOSECONDS * rateBytes;
  return {
    rateBits: rateBytes * 8n,
    burstBytes: Number((nanosecondBytes + SECOND_NANOSECONDS / 2n) / SECOND_NANOSECONDS),
    limitBytes: parms.limit,
  };
}
