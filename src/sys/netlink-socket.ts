import { errnoName, errnoNumbers } from "./errno.ts";
import { FileDescriptor } from "./file-descriptor.ts";
import { allocateKernelMemory, type KernelMemory, pointerAt } from "./kernel-memory.ts";
import { lastErrno, libc } from "./libc.ts";
import { inNetns, type Netns } from "./netns.ts";
import { lastError, SystemCallError } from "./system-call-error.ts";

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;

/** Protocols of AF_NETLINK. Source: include/uapi/linux/netlink.h. */
export const NetlinkProtocolNumber = { route: 0, sock_diag: 4, netfilter: 12, generic: 16 } as const;

/** Options of SOL_NETLINK. Source: include/uapi/linux/netlink.h. */
export const NetlinkOption = { addMembership: 1, capAck: 10, extAck: 11, getStrictCheck: 12 } as const;

const small = allocateKernelMemory(4096);
/** For both ways. A transaction that we send may be of many megabytes: such memory is not kept. */
const TRANSFER_BYTES = 256 * 1024;
const transfer = allocateKernelMemory(TRANSFER_BYTES);

function transferOf(lengthBytes: number): KernelMemory {
  return lengthBytes <= TRANSFER_BYTES ? transfer : allocateKernelMemory(lengthBytes);
}

/**
 * Opens a netlink socket with a port id of its own, blocking, closed on exec.
 *
 * @param netns Where it belongs, for ever; absent: where this thread is.
 * @throws {SystemCallError} `EPROTONOSUPPORT` when the kernel lacks the protocol.
 */
export function openNetlinkSocket(protocol: keyof typeof NetlinkProtocolNumber, netns?: Netns): FileDescriptor {
  const open = () => {
    const fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NetlinkProtocolNumber[protocol]);
    if (fd < 0) throw lastError("socket", `open a netlink socket (${protocol})`);
    return fd;
  };
  const number = netns === undefined ? open() : inNetns(netns, open);
  using stack = new DisposableStack();
  const fd = stack.use(new FileDescriptor(number));
  small.bytes.fill(0, 0, 12);
  small.view.setUint16(0, AF_NETLINK, true);
  if (libc.bind(number, small.pointer, 12) !== 0) throw lastError("bind", `bind a netlink socket (${protocol})`);
  stack.move();
  return fd;
}

/** The port id that the kernel gave to a netlink socket. */
export function netlinkPortId(fd: FileDescriptor): number {
  small.view.setUint32(16, 12, true);
  if (libc.getsockname(fd.number, small.pointer, pointerAt(small, 16)) !== 0) {
    throw lastError("getsockname", "read a netlink socket's port id");
  }
  return small.view.getUint32(4, true);
}

/** @throws {SystemCallError} `ENOPROTOOPT` when the kernel lacks the option. */
export function setNetlinkOption(fd: FileDescriptor, option: keyof typeof NetlinkOption, value: number): void {
  if (!setOption(fd, SOL_NETLINK, NetlinkOption[option], value)) {
    throw lastError("setsockopt", `set ${option} of a netlink socket to ${value}`);
  }
}

/** Asks for buffers of at least so many bytes, beyond the system's limit where we may. */
export function setSocketBuffers(
  fd: FileDescriptor,
  sizes: { readonly send?: number; readonly receive?: number },
): void {
  const { send, receive } = sizes;
  if (send !== undefined && !setOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, send))
    setOption(fd, SOL_SOCKET, SO_SNDBUF, send);
  if (receive !== undefined && !setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, receive)) {
    setOption(fd, SOL_SOCKET, SO_RCVBUF, receive);
  }
}

function setOption(fd: FileDescriptor, level: number, option: number, value: number): boolean {
  small.view.setInt32(0, value, true);
  return libc.setsockopt(fd.number, level, option, small.pointer, 4) === 0;
}

/**
 * Sends one datagram to the kernel. When this returns, the kernel has processed it and its answers are waiting.
 *
 * @param fill Writes the datagram into memory of at least `lengthBytes` that holds whatever was there before.
 * @throws {SystemCallError} `EMSGSIZE` when it does not fit in the socket's send buffer.
 */
export function sendDatagram(
  fd: FileDescriptor,
  lengthBytes: number,
  fill: (bytes: Uint8Array, view: DataView) => void,
): void {
  const memory = transferOf(lengthBytes);
  fill(memory.bytes, memory.view);
  for (;;) {
    const sent = Number(libc.send(fd.number, memory.pointer, lengthBytes, 0));
    if (sent === lengthBytes) return;
    const errno = lastErrno();
    if (sent < 0 && errno === errnoNumbers.EINTR) continue;
    throw new SystemCallError("send", `send ${lengthBytes} bytes`, errnoName(errno));
  }
}

/** What waits in a netlink socket. */
export interface WaitingDatagrams {
  /** Copies of datagrams, one behind the other, each at a multiple of four bytes: as the messages in them stand. */
  readonly runs: readonly Uint8Array<ArrayBuffer>[];
  /** The kernel had to drop some (`ENOBUFS`). */
  readonly overrun: boolean;
}

/** No datagram of the kernel is longer, by far: see `receiveDatagram`. */
const DATAGRAM_BYTES = 128 * 1024;

/** Receives all that waits, without blocking. @throws {SystemCallError} */
export function receiveWaiting(fd: FileDescriptor): WaitingDatagrams {
  const runs: Uint8Array<ArrayBuffer>[] = [];
  let overrun = false;
  let used = 0;
  for (;;) {
    if (used > TRANSFER_BYTES - DATAGRAM_BYTES) {
      runs.push(transfer.bytes.slice(0, used));
      used = 0;
    }
    const length = receiveInto(fd, used, MSG_DONTWAIT);
    if (length === "none") break;
    if (length === "overrun") {
      overrun = true;
      continue;
    }
    const end = used + length;
    used = (end + 3) & ~3;
    transfer.bytes.fill(0, end, used);
  }
  if (used > 0) runs.push(transfer.bytes.slice(0, used));
  return { runs, overrun };
}

/** What came: a copy of one whole datagram; nothing yet; or the kernel had to drop some (`ENOBUFS`). */
export type ReceivedDatagram = Uint8Array<ArrayBuffer> | "none" | "overrun";

/**
 * Receives one datagram, whole. The kernel's are of 32 KiB at most in a dump (`netlink_dump` in net/netlink/af_netlink.c), and
 * an answer or notification about one object is far below that: there is always room.
 *
 * @param wait Whether to block until there is one.
 * @throws {SystemCallError}
 */
export function receiveDatagram(fd: FileDescriptor, { wait }: { readonly wait: boolean }): ReceivedDatagram {
  const length = receiveInto(fd, 0, wait ? 0 : MSG_DONTWAIT);
  return typeof length === "number" ? transfer.bytes.slice(0, length) : length;
}

/** Into the memory for both ways, from an offset on. @returns How many bytes. */
function receiveInto(fd: FileDescriptor, offset: number, flags: number): number | "none" | "overrun" {
  const room = TRANSFER_BYTES - offset;
  for (;;) {
    const length = Number(libc.recv(fd.number, pointerAt(transfer, offset), room, flags | MSG_TRUNC));
    if (length >= 0 && length <= room) return length;
    if (length > room) {
      throw new Error(`Broken invariant: a datagram of the kernel has ${length} bytes, at most ${room}`);
    }
    const errno = lastErrno();
    if (errno === errnoNumbers.EINTR) continue;
    if (errno === errnoNumbers.EAGAIN) return "none";
    if (errno === errnoNumbers.ENOBUFS) return "overrun";
    throw new SystemCallError("recv", "receive from a netlink socket", errnoName(errno));
  }
}
