import {
  LINK_LAYER_ETHERNET,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  qdiscMessage,
  RTM_DELQDISC,
  RTM_NEWQDISC,
  routeRequest,
  TC_H_INGRESS,
  TC_H_ROOT,
} from "../../netlink/route/mod.ts";
import type { LinkIndex, TokenBucket } from "../objects/mod.ts";
import { TICK_NANOSECONDS } from "./qdisc-from-message.ts";
import type { Step } from "./step.ts";

const HANDLE = 1 << 16;
const INGRESS_HANDLE = 0xffff0000;
const MAX_U32 = 0xffffffffn;

/**
 * Limits what a link sends, in place of whatever its root qdisc was.
 *
 * @throws {RangeError} when a number is below one byte: the kernel would say `EINVAL` without a reason.
 */
export function setTokenBucketStep(link: LinkIndex, bucket: TokenBucket): Step {
  const { rateBits, burstBytes, limitBytes } = bucket;
  const rateBytes = rateBits / 8n;
  const operation = `limit link ${link} to ${rateBits} bits a second`;
  if (rateBytes < 1n) throw new RangeError(`Cannot ${operation}: want at least 8 bits a second`);
  if (burstBytes < 1 || limitBytes < 1) {
    throw new RangeError(
      `Cannot ${operation}: want burst and limit of at least 1 byte, have ${burstBytes} and ${limitBytes}`,
    );
  }
  const ticks = (BigInt(burstBytes) * 1_000_000_000n) / rateBytes / TICK_NANOSECONDS;
  return {
    operation,
    request: routeRequest(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, qdiscMessage, {
      header: { index: link, handle: HANDLE, parent: TC_H_ROOT },
      attributes: {
        kind: "tbf",
        tbf: {
          parms: {
            rate: { linkLayer: LINK_LAYER_ETHERNET, rate: Number(rateBytes > MAX_U32 ? MAX_U32 : rateBytes) },
            limit: limitBytes,
            buffer: Number(ticks > MAX_U32 ? MAX_U32 : ticks),
          },
          ...(rateBytes > MAX_U32 && { rate64: rateBytes }),
          burst: burstBytes, // wins over `buffer`, which older kernels read
        },
      },
    }),
  };
}

/** The link gets its default root qdisc back. `ENOENT` when it has that already. */
export function deleteRootQdiscStep(link: LinkIndex): Step {
  return {
    operation: `delete root qdisc of link ${link}`,
    request: routeRequest(RTM_DELQDISC, 0, qdiscMessage, {
      header: { index: link, parent: TC_H_ROOT },
      attributes: {},
    }),
  };
}

/** A place for filters: `ingress` on what comes in, `clsact` on both ways. A link has one or the other. */
export function addHookQdiscStep(link: LinkIndex, kind: "ingress" | "clsact"): Step {
  return {
    operation: `add ${kind} qdisc to link ${link}`,
    request: routeRequest(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, qdiscMessage, {
      header: { index: link, handle: INGRESS_HANDLE, parent: TC_H_INGRESS },
      attributes: { kind },
    }),
  };
}

export function deleteHookQdiscStep(link: LinkIndex, kind: "ingress" | "clsact"): Step {
  return {
    operation: `delete ${kind} qdisc of link ${link}`,
    request: routeRequest(RTM_DELQDISC, 0, qdiscMessage, {
      header: { index: link, handle: INGRESS_HANDLE, parent: TC_H_INGRESS },
      attributes: { kind },
    }),
  };
}
