export {
  decodeFrame,
  encodeDhcpFrame,
  type HeardFrame,
} from "./frame.ts";
export { type ClientMessage, decodeServerMessage, encodeClientMessage, type ServerMessage } from "./message.ts";
export { isHostAddress } from "./options.ts";
