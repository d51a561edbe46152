import type { NftExtension } from "../../kernel/objects/nftables/mod.ts";
import type { Condition, Outcome } from "./filter.ts";

/** What a packet that meets the target has before it; `undefined` for a target that is not of the end. */
export function targetOutcome(name: string): Outcome | undefined {
  return name === "REJECT" ? { kind: "drop" } : undefined;
}

/** What a match of iptables asks, where that can be told; `undefined` otherwise. */
export function extensionCondition({ name, revision, data }: Omit<NftExtension, "role">): Condition | undefined {
  if (name === "comment") return { kind: "family", families: ["ipv4", "ipv6"] }; // every packet
  if (name === "conntrack" || name === "state")
    return name === "state" ? stateOf(data, 0) : conntrackOf(revision, data);
  if (name === "icmp") return { kind: "protocol", protocols: ["icmp"], negated: false };
  if (name === "icmp6") return { kind: "protocol", protocols: ["icmpv6"], negated: false };
  return undefined;
}

/** Offsets in `struct xt_conntrack_mtinfo3`, the same in `mtinfo2`. Source: include/uapi/linux/netfilter/xt_conntrack.h. */
const MATCH_FLAGS = 146;
const INVERT_FLAGS = 148;
const STATE_MASK = 150;
/** `XT_CONNTRACK_STATE`: of all that it can ask for, only the state. */
const ONLY_STATE = 1;

function conntrackOf(revision: number, data: Uint8Array): Condition | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (revision < 2 || data.length < STATE_MASK + 2 || view.getUint16(MATCH_FLAGS, true) !== ONLY_STATE)
    return undefined;
  const negated = (view.getUint16(INVERT_FLAGS, true) & ONLY_STATE) !== 0;
  return conditionOfMask(view.getUint16(STATE_MASK, true), negated);
}

/** `struct xt_state_info`: the mask alone. */
function stateOf(data: Uint8Array, at: number): Condition | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return data.length < at + 4 ? undefined : conditionOfMask(view.getUint32(at, true), false);
}

/** `XT_CONNTRACK_STATE_BIT` of the states of `enum ip_conntrack_info`, and `XT_CONNTRACK_STATE_DNAT`. */
const stateBits: readonly (readonly [number, string])[] = [
  [1 << 0, "invalid"],
  [1 << 1, "established"],
  [1 << 2, "related"],
  [1 << 3, "new"],
];
const STATE_DNAT = 1 << 7;

function conditionOfMask(mask: number, negated: boolean): Condition | undefined {
  if (mask === STATE_DNAT) return { kind: "translated", negated };
  const known = stateBits.reduce((sum, [bit]) => sum | bit, 0);
  if ((mask & ~known) !== 0) return undefined;
  return { kind: "state", states: stateBits.filter(([bit]) => (mask & bit) !== 0).map(([, state]) => state), negated };
}
