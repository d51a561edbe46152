import { type Connection, KernelError } from "../../netlink/connection/mod.ts";
import { NFT_MSG_GETTABLE, NfProto } from "../../netlink/nftables/mod.ts";
import { Writer, writeAttribute } from "../../wire/mod.ts";
import type { NftTableId } from "../objects/nftables/mod.ts";

const NFTA_TABLE_NAME = 1;

/** Whether there is such a table, for a tenth of what it costs to load all that reads one. */
export function tableExists(connection: Connection, { family, name }: NftTableId): boolean {
  const writer = new Writer();
  for (const byte of [NfProto[family], 0, 0, 0]) writer.u8(byte); // struct nfgenmsg
  writeAttribute(writer, NFTA_TABLE_NAME, (inner) => inner.bytes(new TextEncoder().encode(`${name}\0`)));
  try {
    connection.query(`find table ${family} ${name}`, { type: NFT_MSG_GETTABLE, flags: 0, payload: writer.finish() });
    return true;
  } catch (error) {
    if (error instanceof KernelError && error.errno === "ENOENT") return false;
    throw error;
  }
}
