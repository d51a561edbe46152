export {
  type InetSocketView,
  isListening,
  type NamedEnd,
  nameEnd,
  type SocketView,
  type UnixSocketView,
  viewSockets,
} from "./sockets.ts";
