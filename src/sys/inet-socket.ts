import { errnoNumbers } from "./errno.ts";
import { allocateKernelMemory, pointerAt } from "./kernel-memory.ts";
import { lastErrno, libc } from "./libc.ts";
import { lastError } from "./system-call-error.ts";

/** Sockets of the thread's present network namespace: non-blocking, closed on exec, plain descriptors that the caller closes. */

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const SO_RCVBUF = 8;
const IPPROTO_IP = 0;
const IP_FREEBIND = 15;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const MSG_NOSIGNAL = 0x4000;
const { ENFILE, EMFILE, ENOBUFS, ENOMEM } = errnoNumbers;
const EXHAUSTED: readonly number[] = [ENFILE, EMFILE, ENOBUFS, ENOMEM];

/** Address of one end. `bytes` are 4 or 16, in network order. `scope` is an ifindex, for link-local IPv6 addresses. */
export interface SocketAddress {
  readonly bytes: Uint8Array;
  readonly port: number;
  readonly scope?: number;
}

const address = allocateKernelMemory(28);
const option = allocateKernelMemory(8);
/** Big enough for a DNS message over TCP with its length. */
const transfer = allocateKernelMemory(65_537);

export function openUdpSocket(family: "ipv4" | "ipv6"): number {
  return openSocket(family, SOCK_DGRAM, "UDP");
}

export function openTcpSocket(family: "ipv4" | "ipv6"): number {
  const fd = openSocket(family, SOCK_STREAM, "TCP");
  setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  return fd;
}

function openSocket(family: "ipv4" | "ipv6", type: number, label: string): number {
  const domain = family === "ipv4" ? AF_INET : AF_INET6;
  const fd = libc.socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw lastError("socket", `open a ${label} socket (${family})`);
  return fd;
}

function setOption(fd: number, level: number, name: number, value: number): void {
  option.view.setInt32(0, value, true);
  libc.setsockopt(fd, level, name, option.pointer, 4);
}

/**
 * Binds a socket that serves. An address that is not there yet is accepted (`IP_FREEBIND`): loopback may still be down.
 *
 * @throws {SystemCallError} `EADDRINUSE` when somebody else in the namespace has the port.
 */
export function bindServerSocket(fd: number, to: SocketAddress): void {
  setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  setOption(fd, IPPROTO_IP, IP_FREEBIND, 1);
  if (libc.bind(fd, address.pointer, writeSocketAddress(to)) !== 0) {
    throw lastError("bind", `bind ${formatSocketAddress(to)}`);
  }
}

export function setReceiveBuffer(fd: number, lengthBytes: number): void {
  setOption(fd, SOL_SOCKET, SO_RCVBUF, lengthBytes);
}

export function listenSocket(fd: number, backlog: number): void {
  if (libc.listen(fd, backlog) !== 0) throw lastError("listen", "listen on a socket");
}

/** The next connection of a listening socket: `none` waits (or it is gone again), or the process has no descriptor for it. */
export function acceptSocket(fd: number): number | "none" | "exhausted" {
  const accepted = libc.accept4(fd, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted >= 0) return accepted;
  return EXHAUSTED.includes(lastErrno()) ? "exhausted" : "none";
}

/** Fixes the peer; a TCP socket gets writable when the connection stands. @throws {SystemCallError} */
export function connectSocket(fd: number, to: SocketAddress): void {
  if (libc.connect(fd, address.pointer, writeSocketAddress(to)) === 0) return;
  if (lastErrno() !== errnoNumbers.EINPROGRESS) throw lastError("connect", `connect to ${formatSocketAddress(to)}`);
}

/** 0 when there is none: how a connection attempt ended. */
export function pendingSocketError(fd: number): number {
  option.view.setUint32(4, 4, true);
  libc.getsockopt(fd, SOL_SOCKET, SO_ERROR, option.pointer, pointerAt(option, 4));
  return option.view.getInt32(0, true);
}

/** Bytes of one receive: a view that the next receive of this thread overwrites. */
export type Received = Uint8Array | "again" | "closed";

/** One datagram, or what a stream has; `closed` also stands for an error such as a refused connection. */
export function receiveBytes(fd: number): Received {
  const count = Number(libc.recv(fd, transfer.pointer, 65_535, 0));
  if (count > 0) return transfer.bytes.subarray(0, count);
  if (count < 0 && lastErrno() === errnoNumbers.EAGAIN) return "again";
  return "closed";
}

/** @returns How many of the bytes the kernel took, 0 when its buffer is full, -1 when the peer is gone. */
export function sendBytes(fd: number, bytes: Uint8Array): number {
  const length = Math.min(bytes.length, transfer.bytes.length);
  transfer.bytes.set(length === bytes.length ? bytes : bytes.subarray(0, length));
  const count = Number(libc.send(fd, transfer.pointer, length, MSG_NOSIGNAL));
  if (count >= 0) return count;
  return lastErrno() === errnoNumbers.EAGAIN ? 0 : -1;
}

export function closeDescriptor(fd: number): void {
  libc.close(fd);
}

/** Writes `sockaddr_in` or `sockaddr_in6`; returns its length. Source: include/uapi/linux/in.h and in6.h. */
function writeSocketAddress(to: SocketAddress): number {
  address.bytes.fill(0);
  address.view.setUint16(2, to.port);
  if (to.bytes.length === 4) {
    address.view.setUint16(0, AF_INET, true);
    address.bytes.set(to.bytes, 4);
    return 16;
  }
  address.view.setUint16(0, AF_INET6, true);
  address.bytes.set(to.bytes, 8);
  address.view.setUint32(24, to.scope ?? 0, true);
  return 28;
}

function formatSocketAddress(to: SocketAddress): string {
  if (to.bytes.length === 4) return `${to.bytes.join(".")}:${to.port}`;
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((to.bytes[2 * i] ?? 0) << 8) | (to.bytes[2 * i + 1] ?? 0)).toString(16),
  );
  return `[${groups.join(":")}]:${to.port}`;
}
