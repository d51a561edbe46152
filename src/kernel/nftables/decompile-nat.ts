import { type ExpressionData, NatFlag, NatType, NfProto } from "../../netlink/nftables/mod.ts";
import {
  type NatFlagName,
  type NftRange,
  type NftStatement,
  type NftValue,
  nftField,
  valueFromNumber,
} from "../objects/nftables/mod.ts";
import { natFlagBits } from "./compile-nat.ts";
import { NotUnderstood, type Registers } from "./decompile-registers.ts";
import { numberFromBytes } from "./value-bytes.ts";

const natFamilies = ["ip", "ip6", "inet"] as const;

export function natFromData(registers: Registers, data: ExpressionData<"nat">): NftStatement {
  const { addressMin, addressMax, portMin, portMax } = data;
  const family = natFamilies.find((candidate) => NfProto[candidate] === data.family);
  if (family === undefined) throw new NotUnderstood(`a translation of family ${data.family}`);
  const type = data.type === NatType.snat ? "snat" : "dnat";
  const flags = natFlags(data.flags);
  const value = addressMin === undefined ? undefined : registers.get(addressMin);
  if (addressMin !== undefined && value?.kind === "selector") {
    const isOneAddress = addressMax === undefined || addressMax === addressMin;
    const portWord = addressMin + (family === "ip6" ? 4 : 1);
    const isPortBehind = portMin === undefined || (portMin === portWord && (portMax ?? portMin) === portMin);
    if (!isOneAddress || !isPortBehind) throw new NotUnderstood("a translation to ranges of a map");
    const target = { kind: "selector", selector: value.selector, ports: portMin !== undefined } as const;
    return { kind: "nat", type, family, target, flags };
  }
  const addressType = family === "ip6" ? "ipv6_addr" : "ipv4_addr";
  const address =
    addressMin === undefined ? {} : { address: constantRange(registers, addressType, addressMin, addressMax) };
  const target = { kind: "constant", ...address, ...portsOf(registers, portMin, portMax) } as const;
  return { kind: "nat", type, family, target, flags };
}

/** Of `masquerade` and `redirect`. */
export function portNatFromData(
  registers: Registers,
  data: ExpressionData<"masq">,
): { readonly ports?: NftValue | NftRange; readonly flags: readonly NatFlagName[] } {
  return { ...portsOf(registers, data.portMin, data.portMax), flags: natFlags(data.flags) };
}

function portsOf(
  registers: Registers,
  min: number | undefined,
  max: number | undefined,
): { readonly ports?: NftValue | NftRange } {
  return min === undefined ? {} : { ports: constantRange(registers, "inet_service", min, max) };
}

function natFlags(bits = 0): readonly NatFlagName[] {
  if ((bits & NatFlag.netmap) !== 0) throw new NotUnderstood("a translation of prefixes");
  const names = ["random", "fully-random", "persistent"] as const;
  return names.filter((name) => (bits & natFlagBits[name]) !== 0);
}

/** Both ends of what a translation leads to, from constants. */
function constantRange(
  registers: Registers,
  type: "ipv4_addr" | "ipv6_addr" | "inet_service",
  min: number,
  max = min,
): NftValue | NftRange {
  const field = nftField(type);
  const number = (word: number): bigint => {
    const value = registers.get(word);
    if (value.kind !== "constant") throw new NotUnderstood("a selector where a constant is expected");
    return numberFromBytes(field, value.bytes.subarray(0, field.bytes));
  };
  const first = number(min);
  const last = number(max);
  if (first === last) return valueFromNumber(field, first);
  return { first: valueFromNumber(field, first), last: valueFromNumber(field, last) };
}
