import {
  bindServerSocket,
  closeDescriptor,
  inNetns,
  listenSocket,
  type Netns,
  openTcpSocket,
  openUdpSocket,
  type SocketAddress,
  setReceiveBuffer,
} from "../../sys/mod.ts";

const TCP_BACKLOG = 16;
/** Enough for a burst of some hundred queries; the kernel charges only what is used. */
const UDP_RECEIVE_BYTES = 256 << 10;

/** The two sockets of one sandbox, in its namespace. */
export interface ServingSockets extends Disposable {
  readonly udp: number;
  readonly tcp: number;
}

/** @throws {SystemCallError} `EADDRINUSE` when a process of the sandbox has the port. Nothing stays open then. */
export function openServingSockets(netns: Netns, address: SocketAddress): ServingSockets {
  const open: number[] = [];
  try {
    const [udp, tcp] = inNetns(netns, () => {
      const udpFd = openUdpSocket("ipv4");
      open.push(udpFd);
      bindServerSocket(udpFd, address);
      setReceiveBuffer(udpFd, UDP_RECEIVE_BYTES);
      const tcpFd = openTcpSocket("ipv4");
      open.push(tcpFd);
      bindServerSocket(tcpFd, address);
      listenSocket(tcpFd, TCP_BACKLOG);
      return [udpFd, tcpFd] as const;
    });
    let closed = false;
    return {
      udp,
      tcp,
      [Symbol.dispose]() {
        if (closed) return;
        closed = true;
        closeDescriptor(udp);
        closeDescriptor(tcp);
      },
    };
  } catch (error) {
    for (const fd of open) closeDescriptor(fd);
    throw error;
  }
}
