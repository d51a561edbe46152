import { FileDescriptor } from "./file-descriptor.ts";
import { allocateKernelMemory, type KernelMemory, pointerAt, writeAddress } from "./kernel-memory.ts";
import { libc } from "./libc.ts";
import { inNetns, type Netns } from "./netns.ts";
import type { PacketRingMemory } from "./packet-ring.ts";
import { lastError } from "./system-call-error.ts";

/** Source: include/linux/socket.h, include/uapi/linux/if_ether.h, include/uapi/linux/if_packet.h. */
const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const ETH_P_ALL = 0x0003;
const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_ATTACH_FILTER = 26;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_VERSION = 10;
const PACKET_IGNORE_OUTGOING = 23;
const PACKET_MR_PROMISC = 1;
const TPACKET_V3 = 2;
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
/** Source: include/uapi/linux/if_arp.h. */
const ARPHRD_LOOPBACK = 772;
/** `struct sockaddr_ll`. */
const ADDRESS_BYTES = 20;
/** In an Ethernet frame. */
const ETHERTYPE_OFFSET = 12;
/** `struct sock_filter`. */
const INSTRUCTION_BYTES = 8;

/** One instruction of classic BPF. Source: `struct sock_filter` of include/uapi/linux/filter.h. */
export interface FilterInstruction {
  readonly code: number;
  /** How many instructions to skip when the test is true, and when it is false. */
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

export interface PacketSocketSpec {
  /** Where the link is; absent: where this thread is. */
  readonly netns?: Netns;
  /** Index of the link. */
  readonly link: number;
  /**
   * Which packets come, and how many bytes of each: what the program answers. It gets the kind of the link (`ARPHRD_*`), which
   * says where a packet's bytes begin.
   */
  readonly filter: (hardwareType: number) => readonly FilterInstruction[];
  /** Of the ring: a block holds many packets, and one packet at least. Multiples of the page's size. */
  readonly blockBytes: number;
  readonly blocks: number;
  /** After so long a block with packets is given to us, also when it is not full. */
  readonly retireMs: number;
  /** Also what the link's hardware would throw away because it is for somebody else. Ends with the socket. */
  readonly promiscuous: boolean;
}

/** Packets and drops since the last time that somebody asked. */
export interface PacketStatistics {
  /** That the filter let through, with the dropped ones. */
  readonly packets: number;
  /** That found the ring full. */
  readonly drops: number;
}

/** A socket that sees all packets of one link, both ways, in a ring of memory that the kernel writes. */
export interface PacketSocket extends Disposable {
  readonly fd: FileDescriptor;
  /** `ARPHRD_*` of the link. Source: include/uapi/linux/if_arp.h. */
  readonly hardwareType: number;
  readonly memory: PacketRingMemory;
}

const scratch = allocateKernelMemory(64);

/**
 * Opens a socket on a link. Nothing comes before its filter is in place, and all that passes from then on comes.
 *
 * @throws {SystemCallError} `EPERM` without CAP_NET_RAW; `ENODEV` when there is no such link; `ENOMEM` for the ring.
 */
export function openPacketSocket(spec: PacketSocketSpec): PacketSocket {
  const open = (): number => libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); // protocol 0: nothing comes yet
  const number = spec.netns === undefined ? open() : inNetns(spec.netns, open);
  if (number < 0) throw lastError("socket", "open a packet socket");
  using opened = new DisposableStack();
  const fd = opened.use(new FileDescriptor(number));
  bindToLink(fd, spec.link, 0);
  const { hardwareType } = socketName(number);
  // A packet on loopback leaves and comes: it is one packet.
  if (hardwareType === ARPHRD_LOOPBACK) setFlag(fd, PACKET_IGNORE_OUTGOING);
  attachFilter(fd, spec.filter(hardwareType));
  const memory = opened.use(mapRing(fd, spec));
  if (spec.promiscuous) joinPromiscuous(fd, spec.link);
  bindToLink(fd, spec.link, ETH_P_ALL);
  const parts = opened.move();
  return { fd, hardwareType, memory, [Symbol.dispose]: () => parts[Symbol.dispose]() };
}

/** Whether the link of a packet socket is still there; once gone, no packet comes any more. */
export function packetSocketHasLink(fd: number): boolean {
  return socketName(fd).link > 0;
}

/**
 * Takes a pending error from a socket, such as that its link went down, so that polling it waits again.
 *
 * @returns Whether there was one.
 */
export function clearSocketError(fd: number): boolean {
  scratch.view.setInt32(0, 0, true);
  scratch.view.setUint32(4, 4, true);
  libc.getsockopt(fd, SOL_SOCKET, SO_ERROR, scratch.pointer, pointerAt(scratch, 4));
  return scratch.view.getInt32(0, true) !== 0;
}

export function bindToLink(fd: FileDescriptor, link: number, protocol: number): void {
  writeLinkAddress(link, protocol);
  if (libc.bind(fd.number, scratch.pointer, ADDRESS_BYTES) !== 0) {
    throw lastError("bind", `bind a packet socket to link ${link}`);
  }
}

/** @returns How many bytes were sent; below zero: none, and the last error says why. */
export function sendToLink(fd: FileDescriptor, link: number, frame: KernelMemory, lengthBytes: number): number {
  writeLinkAddress(link, frame.view.getUint16(ETHERTYPE_OFFSET));
  return Number(libc.sendto(fd.number, frame.pointer, lengthBytes, 0, scratch.pointer, ADDRESS_BYTES));
}

function writeLinkAddress(link: number, protocol: number): void {
  scratch.bytes.fill(0, 0, ADDRESS_BYTES);
  scratch.view.setUint16(0, AF_PACKET, true);
  scratch.view.setUint16(2, protocol);
  scratch.view.setInt32(4, link, true);
}

/** The link is -1 when it is gone. */
function socketName(fd: number): { readonly link: number; readonly hardwareType: number } {
  scratch.view.setUint32(32, ADDRESS_BYTES, true);
  if (libc.getsockname(fd, scratch.pointer, pointerAt(scratch, 32)) !== 0) {
    throw lastError("getsockname", "read a packet socket's link");
  }
  return { link: scratch.view.getInt32(4, true), hardwareType: scratch.view.getUint16(8, true) };
}

export function attachFilter(fd: FileDescriptor, program: readonly FilterInstruction[]): void {
  const code = allocateKernelMemory(program.length * INSTRUCTION_BYTES);
  for (const [index, { code: operation, jt, jf, k }] of program.entries()) {
    const at = index * INSTRUCTION_BYTES;
    code.view.setUint16(at, operation, true);
    code.view.setUint8(at + 2, jt);
    code.view.setUint8(at + 3, jf);
    code.view.setUint32(at + 4, k, true);
  }
  // struct sock_fprog: the number of instructions, padding, their address
  scratch.bytes.fill(0, 0, 16);
  scratch.view.setUint16(0, program.length, true);
  writeAddress(scratch.view, 8, code.address);
  if (libc.setsockopt(fd.number, SOL_SOCKET, SO_ATTACH_FILTER, scratch.pointer, 16) !== 0) {
    throw lastError("setsockopt", `attach a filter of ${program.length} instructions`);
  }
}

function mapRing(
  fd: FileDescriptor,
  { blockBytes, blocks, retireMs }: PacketSocketSpec,
): PacketRingMemory & Disposable {
  scratch.view.setInt32(0, TPACKET_V3, true);
  if (libc.setsockopt(fd.number, SOL_PACKET, PACKET_VERSION, scratch.pointer, 4) !== 0) {
    throw lastError("setsockopt", "choose version 3 of packet rings");
  }
  // struct tpacket_req3; the size of a frame only bounds how small one may be
  const frameBytes = 2048;
  const request = [blockBytes, blocks, frameBytes, (blockBytes / frameBytes) * blocks, retireMs, 0, 0];
  for (const [index, value] of request.entries()) scratch.view.setUint32(index * 4, value, true);
  if (libc.setsockopt(fd.number, SOL_PACKET, PACKET_RX_RING, scratch.pointer, request.length * 4) !== 0) {
    throw lastError("setsockopt", `make a packet ring of ${blockBytes * blocks} bytes`);
  }
  const lengthBytes = blockBytes * blocks;
  const address = Number(libc.mmap(0, lengthBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.number, 0));
  if (address === -1) throw lastError("mmap", `map a packet ring of ${lengthBytes} bytes`);
  return { address, blockBytes, blocks, [Symbol.dispose]: () => void libc.munmap(address, lengthBytes) };
}

/** `struct packet_mreq`. */
function joinPromiscuous(fd: FileDescriptor, link: number): void {
  scratch.bytes.fill(0, 0, 16);
  scratch.view.setInt32(0, link, true);
  scratch.view.setUint16(4, PACKET_MR_PROMISC, true);
  if (libc.setsockopt(fd.number, SOL_PACKET, PACKET_ADD_MEMBERSHIP, scratch.pointer, 16) !== 0) {
    throw lastError("setsockopt", `make link ${link} promiscuous`);
  }
}

function setFlag(fd: FileDescriptor, option: number): void {
  scratch.view.setInt32(0, 1, true);
  if (libc.setsockopt(fd.number, SOL_PACKET, option, scratch.pointer, 4) !== 0) {
    throw lastError("setsockopt", `set option ${option} of a packet socket`);
  }
}

/** Reads `struct tpacket_stats_v3`, which sets the kernel's counters to zero. */
export function takePacketStatistics(fd: number): PacketStatistics {
  scratch.view.setUint32(32, 12, true);
  if (libc.getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, scratch.pointer, pointerAt(scratch, 32)) !== 0) {
    throw lastError("getsockopt", "read a packet socket's statistics");
  }
  return { packets: scratch.view.getUint32(0, true), drops: scratch.view.getUint32(4, true) };
}
