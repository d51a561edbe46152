export {
  type CapturedInterface,
  encodeInterface,
  encodeNames,
  encodeSection,
  encodeStatistics,
  type InterfaceStatistics,
  LinkType,
} from "./blocks.ts";
export {
  type BlockTarget,
  PACKET_OVERHEAD_BYTES,
  type PacketFields,
  PacketFlags,
  writePacketBlock,
} from "./packet-block.ts";
