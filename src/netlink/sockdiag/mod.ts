export * from "./constants.ts";
export {
  type InetSocketHeader,
  type InetSocketMessage,
  type InetSocketMessageInput,
  type InetSocketQuestion,
  inetSocketMessage,
  inetSocketQuestion,
  socketAddress,
  socketAddressBytes,
} from "./inet.ts";
export { inetSocketsRequest, type SocketRequest, unixSocketsRequest } from "./request.ts";
export {
  UnixShow,
  type UnixSocketMessage,
  type UnixSocketMessageInput,
  type UnixSocketQuestion,
  unixSocketMessage,
  unixSocketQuestion,
} from "./unix.ts";
