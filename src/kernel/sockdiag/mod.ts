export type { InetSocket, Socket, SocketEnd, SocketProtocol, SocketState, UnixSocket } from "./socket.ts";
export { listSockets, type SocketFilter, socketProtocols } from "./socket-client.ts";
export { listSocketHolders, type SocketHolder } from "./socket-holders.ts";
