import {
  type ExpressionData,
  ExthdrOp,
  FibFlag,
  HashType,
  NumgenType,
  REGISTER_WORDS,
} from "../../netlink/nftables/mod.ts";
import {
  ctKeys,
  fibInputs,
  fibResults,
  findPayloadField,
  type HeaderProtocol,
  headerBases,
  type KnownProtocols,
  metaKeys,
  type NftSelector,
  payloadField,
  rtKeys,
  selectorFields,
  transportProtocol,
} from "../objects/nftables/mod.ts";
import { TCPOPT_MAXSEG } from "./compile-selector.ts";
import { NotUnderstood, type Registers } from "./decompile-registers.ts";
import { paddedBytes } from "./value-bytes.ts";

/** The name of a kernel's number in one of our tables. */
function nameOf<K extends string>(
  table: Readonly<Record<K, { readonly number: number }>>,
  number: number | undefined,
): K {
  const names = Object.keys(table) as K[]; // the table's own keys
  const name = names.find((candidate) => table[candidate].number === number);
  if (name === undefined) throw new NotUnderstood(`key ${number}`);
  return name;
}

export function metaSelector(data: ExpressionData<"meta">): Extract<NftSelector, { kind: "meta" }> {
  return { kind: "meta", key: nameOf(metaKeys, data.key) };
}

/** Addresses of connections have a key for each family; older versions of nft use one that takes the packet's family. */
const NFT_CT_SRC = 8;
const NFT_CT_DST = 9;

export function ctSelector(data: ExpressionData<"ct">, known: KnownProtocols): Extract<NftSelector, { kind: "ct" }> {
  const isOld = data.key === NFT_CT_SRC || data.key === NFT_CT_DST;
  if (isOld && known.network === undefined) throw new NotUnderstood("an address of a family that is not known");
  const oldKey = isOld
    ? (`${known.network ?? "ip"} ${data.key === NFT_CT_SRC ? "saddr" : "daddr"}` as const)
    : undefined;
  const direction =
    data.direction === undefined ? {} : ({ direction: data.direction === 0 ? "original" : "reply" } as const);
  return { kind: "ct", key: oldKey ?? nameOf(ctKeys, data.key), ...direction };
}

/** The named field, or the bare bytes where there is no name. `loadedBytes` when only the beginning of a field was loaded. */
export function payloadSelector(
  data: ExpressionData<"payload">,
  known: KnownProtocols,
): { readonly selector: NftSelector; readonly loadedBytes?: number } {
  const { base = 0, offset = 0, length = 0 } = data;
  // The kernel takes no others; who walks over registers relies on it.
  if (length < 1 || length > REGISTER_WORDS * 4) throw new NotUnderstood(`a load of ${length} bytes`);
  const protocol = protocolAt(base, known);
  const name = protocol === undefined ? undefined : findPayloadField(protocol, offset, length);
  if (name !== undefined) {
    const loadedBytes = payloadField(name).field.bytes === length ? {} : { loadedBytes: length };
    return { selector: { kind: "payload", field: name }, ...loadedBytes };
  }
  const baseName = headerBases[base];
  if (baseName === undefined) throw new NotUnderstood(`payload base ${base}`);
  return { selector: { kind: "header", base: baseName, offsetBytes: offset, lengthBytes: length } };
}

function protocolAt(base: number, known: KnownProtocols): HeaderProtocol | undefined {
  if (base === 0) return "ether";
  if (base === 1) return known.network;
  return transportProtocol(known.l4proto) ?? (known.l4proto === undefined ? "th" : undefined);
}

export function fibSelector(data: ExpressionData<"fib">): NftSelector {
  const flags = data.flags ?? 0;
  const by = fibInputs.filter((input) => (flags & FibFlag[input]) !== 0);
  const presence = (flags & FibFlag.present) !== 0;
  return { kind: "fib", by, result: nameOf(fibResults, data.result), ...(presence && { presence }) };
}

export function rtSelector(data: ExpressionData<"rt">): NftSelector {
  return { kind: "rt", key: nameOf(rtKeys, data.key) };
}

export function numgenSelector({ type, modulus = 0, offset = 0 }: ExpressionData<"numgen">): NftSelector {
  return { kind: "numgen", mode: type === NumgenType.random ? "random" : "inc", modulus, offset };
}

export function hashSelector(data: ExpressionData<"hash">, registers: Registers): NftSelector {
  const { type, modulus = 0, offset = 0, seed = 0, length = 0 } = data;
  if (type === HashType.symmetric) return { kind: "symhash", modulus, offset };
  const of = hashedKey(registers, data.source, length);
  return { kind: "jhash", of, modulus, seed, offset };
}

/** As many registers as the hash reads. */
function hashedKey(registers: Registers, source: number | undefined, lengthBytes: number): NftSelector {
  const first = registers.selector(source);
  if (first.field.bytes >= lengthBytes) return first.selector;
  const parts: NftSelector[] = [];
  let read = 0;
  while (read < lengthBytes) {
    const { selector } = registers.selector((source ?? 0) + read / 4);
    parts.push(selector);
    read += selectorFields(selector).reduce((sum, field) => sum + paddedBytes(field), 0);
  }
  return { kind: "concat", parts };
}

export function exthdrSelector(data: ExpressionData<"exthdr">): Extract<NftSelector, { kind: "tcpOption" }> {
  const isMaxSegment =
    data.operator === ExthdrOp.tcpOption &&
    data.type === TCPOPT_MAXSEG.type &&
    data.offset === TCPOPT_MAXSEG.offset &&
    data.length === TCPOPT_MAXSEG.length;
  if (!isMaxSegment) throw new NotUnderstood(`header option ${data.type}`);
  return { kind: "tcpOption", option: "maxseg size" };
}
