export { DatagramBatch, nap } from "./datagram-batch.ts";
export { Epoll, EpollEvent } from "./epoll.ts";
export { drainEventFd, openEventFd, signalEventFd } from "./event-fd.ts";
export {
  acceptSocket,
  bindServerSocket,
  closeDescriptor,
  connectSocket,
  listenSocket,
  openTcpSocket,
  openUdpSocket,
  pendingSocketError,
  type Received,
  receiveBytes,
  type SocketAddress,
  SocketError,
  sendBytes,
  setReceiveBuffer,
} from "./inet-socket.ts";
export { inNetns, type Netns, openNetns } from "./netns-visit.ts";
export {
  findPortHolder,
  PortReservationError,
  type ReservablePort,
  reservePort,
} from "./port-reservation.ts";
