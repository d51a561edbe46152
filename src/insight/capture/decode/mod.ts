export { decodePacket } from "./decode-packet.ts";
export type { DecodedPacket } from "./decoded-packet.ts";
export { formatPacket, type NameOf } from "./format-packet.ts";
