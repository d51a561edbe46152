import { NatFlag, NatType, NfProto } from "../../netlink/nftables/mod.ts";
import { isNftRange, type NatFlagName, type NftRange, type NftValue, nftField } from "../objects/nftables/mod.ts";
import { immediate, type RuleCompilation, type Statement } from "./compile-context.ts";
import { loadSelector, requireProtocols } from "./compile-selector.ts";
import { valueBytes } from "./value-bytes.ts";

export const natFlagBits: Readonly<Record<NatFlagName, number>> = {
  random: NatFlag.random,
  "fully-random": NatFlag.fullyRandom,
  persistent: NatFlag.persistent,
};

interface Ends {
  readonly min: number;
  readonly max: number;
}

/** Loads one constant or both ends of a range, each into a register of 16 bytes, and says which. */
function loadEnds(
  rule: RuleCompilation,
  type: "ipv4_addr" | "ipv6_addr" | "inet_service",
  value: NftValue | NftRange,
  word: number,
): Ends {
  const field = nftField(type);
  if (!isNftRange(value)) {
    rule.emit(immediate(word, valueBytes(field, value)));
    return { min: word, max: word };
  }
  rule.emit(immediate(word, valueBytes(field, value.first)), immediate(word + 4, valueBytes(field, value.last)));
  return { min: word, max: word + 4 };
}

function flagBits(flags: readonly NatFlagName[]): number {
  return flags.reduce((bits, flag) => bits | natFlagBits[flag], 0);
}

/** A translation to constants, or to what a selector gives: an address, and behind it a port. */
export function compileNat(rule: RuleCompilation, { type, family, target, flags }: Statement<"nat">): void {
  const hasAddress = target.kind === "selector" || target.address !== undefined;
  if (family === "inet" && hasAddress)
    throw new TypeError(`Cannot ${type} to an address of family inet: want ip or ip6`);
  const head = { type: NatType[type], family: NfProto[family], flags: flagBits(flags) };
  if (target.kind === "selector") {
    requireProtocols(rule, target.selector);
    loadSelector(rule, target.selector);
    const behind = family === "ip" ? 1 : 4; // the port's word
    const ports = target.ports ? { portMin: behind, portMax: behind } : {};
    rule.emit({ name: "nat", data: { ...head, addressMin: 0, addressMax: 0, ...ports } });
    return;
  }
  const addressType = family === "ip" ? "ipv4_addr" : "ipv6_addr";
  const address = target.address === undefined ? undefined : loadEnds(rule, addressType, target.address, 0);
  const portWord = address === undefined ? 0 : address.max + 4;
  const ports = target.ports === undefined ? undefined : loadEnds(rule, "inet_service", target.ports, portWord);
  rule.emit({
    name: "nat",
    data: {
      ...head,
      ...(address !== undefined && { addressMin: address.min, addressMax: address.max }),
      ...(ports !== undefined && { portMin: ports.min, portMax: ports.max }),
    },
  });
}

/** `masquerade` and `redirect`: the kernel knows the address. */
export function compilePortNat(
  rule: RuleCompilation,
  { kind, ports, flags }: Statement<"masquerade"> | Statement<"redirect">,
): void {
  const ends = ports === undefined ? undefined : loadEnds(rule, "inet_service", ports, 0);
  // Without this flag the kernel takes no notice of the ports; for `nat` it sets it by itself.
  const bits = flagBits(flags) | (ends === undefined ? 0 : NatFlag.port);
  const data = {
    ...(bits !== 0 && { flags: bits }),
    ...(ends !== undefined && { portMin: ends.min, portMax: ends.max }),
  };
  rule.emit(kind === "masquerade" ? { name: "masq", data } : { name: "redir", data });
}
