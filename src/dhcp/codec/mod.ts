export { CLIENT_PORT, SERVER_PORT } from "./constants.ts";
export {
  BROADCAST_MAC,
  type DhcpFrame,
  decodeFrame,
  encodeArpProbe,
  encodeDhcpFrame,
  type HeardFrame,
} from "./frame.ts";
export { type ClientMessage, decodeServerMessage, encodeClientMessage, type ServerMessage } from "./message.ts";
export { type ClasslessRoute, isHostAddress, type ServerOptions, UNSPECIFIED } from "./options.ts";
