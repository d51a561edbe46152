import { hex } from "../../../lib/mod.ts";
import type { NftStatement } from "./statement.ts";

/** A match or target of iptables within a rule of nf_tables: its name, and the structure that only it reads. */
export interface NftExtension {
  readonly role: "match" | "target";
  readonly name: string;
  readonly revision: number;
  readonly data: Uint8Array;
}

/** `NFTA_EXPR_DATA`, and within it `NFTA_MATCH_*`, which are numbered as `NFTA_TARGET_*`: name, revision, structure. */
const EXPRESSION_DATA = 2;
const [NAME, REVISION, INFO] = [1, 2, 3];
const HEAD_BYTES = 4;

/**
 * The extension of iptables that an unread statement is, as iptables-nft writes them. Source:
 * include/uapi/linux/netfilter/nf_tables_compat.h.
 */
export function nftExtension(statement: NftStatement): NftExtension | undefined {
  if (statement.kind !== "unknown") return undefined;
  const [, role, digits = ""] = /^(match|target) ([0-9a-f]+)$/.exec(statement.text) ?? [];
  if ((role !== "match" && role !== "target") || digits.length % 2 !== 0) return undefined;
  const data = attributesOf(hex(digits)).get(EXPRESSION_DATA);
  const parts = attributesOf(data ?? new Uint8Array());
  const [name, revision, info] = [parts.get(NAME), parts.get(REVISION), parts.get(INFO)];
  if (name === undefined || info === undefined) return undefined;
  return {
    role,
    name: new TextDecoder().decode(name).replace(/\0.*$/s, ""),
    revision: revision?.at(-1) ?? 0,
    data: info,
  };
}

/** Netlink attributes by number; what is cut off is left out. */
function attributesOf(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + HEAD_BYTES <= bytes.length; ) {
    const length = view.getUint16(at, true);
    if (length < HEAD_BYTES || at + length > bytes.length) break;
    found.set(view.getUint16(at + 2, true) & 0x3fff, bytes.subarray(at + HEAD_BYTES, at + length));
    at += Math.ceil(length / 4) * 4;
  }
  return found;
}
