import { errnoNumbers } from "./errno.ts";
import { allocateKernelMemory, type KernelMemory, pointerAt, writeAddress } from "./kernel-memory.ts";
import { lastErrno, libc } from "./libc.ts";

const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;
const SOL_UDP = 17;
/** Source: include/uapi/linux/udp.h; since Linux 4.18. */
const UDP_SEGMENT = 103;
/** `struct mmsghdr` on 64-bit machines: `msghdr` of 56 bytes, `msg_len`, 4 bytes of padding. */
const HEADER_BYTES = 64;
const NAME = 0;
const NAME_LENGTH = 8;
const IOV = 16;
const IOV_COUNT = 24;
const CONTROL = 32;
const CONTROL_LENGTH = 40;
const FLAGS = 48;
const LENGTH = 56;
const NAME_BYTES = 16;
const IOVEC_BYTES = 16;
/** `cmsghdr` and a 16-bit segment size, aligned. */
const CONTROL_BYTES = 24;
/** What one segmented datagram may carry. */
const DATAGRAM_BYTES = 65_000;

/**
 * Receives and answers IPv4 datagrams many at a time, without allocating. Read the message of slot `i` from `received` at
 * `offset(i)`, write an answer into `replies` at `replyOffset()`, and say so with `reply(i, length)`; `flush` sends all.
 *
 * Replies of one length to one peer leave as one segmented datagram (`UDP_SEGMENT`): one trip through the stack instead of many.
 * Their order may change. An answer that does not fit in the socket's buffer is dropped, as UDP allows.
 */
export class DatagramBatch {
  readonly slots: number;
  readonly slotBytes: number;
  /** Longest reply. */
  readonly replyBytes: number;
  readonly received: Uint8Array<ArrayBuffer>;
  readonly replies: Uint8Array<ArrayBuffer>;
  readonly #receiveBuffer: KernelMemory;
  readonly #replyBuffer: KernelMemory;
  readonly #names: KernelMemory;
  readonly #receiveIov: KernelMemory;
  readonly #replyIov: KernelMemory;
  readonly #receiveHeaders: KernelMemory;
  readonly #replyHeaders: KernelMemory;
  readonly #controls: KernelMemory;
  /** Per reply: the slot it answers, its length, its group. */
  readonly #replySlot: Int32Array;
  readonly #replyLength: Int32Array;
  readonly #replyGroup: Int32Array;
  /** Per group: its peer as one number, the length of its replies, how many they are, a slot of that peer, the next free iovec. */
  readonly #groupPeer: Float64Array;
  readonly #groupLength: Int32Array;
  readonly #groupCount: Int32Array;
  readonly #groupSlot: Int32Array;
  readonly #groupIov: Int32Array;
  #replyCount = 0;
  #segmenting = true;

  constructor({ slots = 64, slotBytes = 2048, replyBytes = 4096 } = {}) {
    this.slots = slots;
    this.slotBytes = slotBytes;
    this.replyBytes = replyBytes;
    this.#receiveBuffer = allocateKernelMemory(slots * slotBytes);
    this.#replyBuffer = allocateKernelMemory(slots * replyBytes);
    this.#names = allocateKernelMemory(slots * NAME_BYTES);
    this.#receiveIov = allocateKernelMemory(slots * IOVEC_BYTES);
    this.#replyIov = allocateKernelMemory(slots * IOVEC_BYTES);
    this.#receiveHeaders = allocateKernelMemory(slots * HEADER_BYTES);
    this.#replyHeaders = allocateKernelMemory(slots * HEADER_BYTES);
    this.#controls = allocateKernelMemory(slots * CONTROL_BYTES);
    this.received = this.#receiveBuffer.bytes;
    this.replies = this.#replyBuffer.bytes;
    this.#replySlot = new Int32Array(slots);
    this.#replyLength = new Int32Array(slots);
    this.#replyGroup = new Int32Array(slots);
    this.#groupPeer = new Float64Array(slots);
    this.#groupLength = new Int32Array(slots);
    this.#groupCount = new Int32Array(slots);
    this.#groupSlot = new Int32Array(slots);
    this.#groupIov = new Int32Array(slots);
    for (let slot = 0; slot < slots; slot++) {
      const header = slot * HEADER_BYTES;
      const iov = slot * IOVEC_BYTES;
      writeAddress(this.#receiveIov.view, iov, this.#receiveBuffer.address + slot * slotBytes);
      writeAddress(this.#receiveIov.view, iov + 8, slotBytes);
      writeAddress(this.#receiveHeaders.view, header + NAME, this.#names.address + slot * NAME_BYTES);
      this.#receiveHeaders.view.setUint32(header + NAME_LENGTH, NAME_BYTES, true);
      writeAddress(this.#receiveHeaders.view, header + IOV, this.#receiveIov.address + iov);
      writeAddress(this.#receiveHeaders.view, header + IOV_COUNT, 1);
      writeAddress(this.#controls.view, slot * CONTROL_BYTES, 18); // cmsg_len: header and u16
      this.#controls.view.setInt32(slot * CONTROL_BYTES + 8, SOL_UDP, true);
      this.#controls.view.setInt32(slot * CONTROL_BYTES + 12, UDP_SEGMENT, true);
    }
  }

  /** Receives up to `slots` datagrams without waiting; returns how many. Forgets the last batch. */
  receive(fd: number): number {
    this.#replyCount = 0;
    const count = libc.recvmmsg(fd, this.#receiveHeaders.pointer, this.slots, MSG_DONTWAIT, null);
    return Math.max(count, 0);
  }

  /** Where the message of a slot begins in `received`. */
  offset(slot: number): number {
    return slot * this.slotBytes;
  }

  length(slot: number): number {
    return this.#receiveHeaders.view.getUint32(slot * HEADER_BYTES + LENGTH, true);
  }

  /** The datagram was longer than a slot. */
  truncated(slot: number): boolean {
    return (this.#receiveHeaders.view.getInt32(slot * HEADER_BYTES + FLAGS, true) & MSG_TRUNC) !== 0;
  }

  /** A copy of the peer of a slot, for an answer that comes later: `sendTo` takes it. */
  peer(slot: number): Uint8Array {
    return this.#names.bytes.slice(slot * NAME_BYTES, (slot + 1) * NAME_BYTES);
  }

  /** Where the next reply is to be written in `replies`: `replyBytes` are free there. */
  replyOffset(): number {
    return this.#replyCount * this.replyBytes;
  }

  /** The bytes at `replyOffset()` answer that slot. */
  reply(slot: number, lengthBytes: number): void {
    this.#replySlot[this.#replyCount] = slot;
    this.#replyLength[this.#replyCount] = lengthBytes;
    this.#replyCount++;
  }

  /** Sends all replies; returns how many datagrams the kernel took. */
  flush(fd: number): number {
    const replies = this.#replyCount;
    if (replies === 0) return 0;
    this.#replyCount = 0;
    let sent = this.#sendGroups(fd, replies);
    if (sent < 0) {
      this.#segmenting = false; // this kernel has no UDP_SEGMENT
      sent = this.#sendGroups(fd, replies);
    }
    return Math.max(sent, 0);
  }

  /** Sends one datagram to a peer from `peer()`; returns whether the kernel took it. */
  sendTo(fd: number, peer: Uint8Array, message: Uint8Array): boolean {
    this.#names.bytes.set(peer, 0);
    this.replies.set(message.length > this.replyBytes ? message.subarray(0, this.replyBytes) : message, 0);
    this.#replyCount = 0;
    this.reply(0, Math.min(message.length, this.replyBytes));
    return this.flush(fd) === 1;
  }

  /** Returns the number of replies sent, or -1 when segmentation is what the kernel refused. */
  #sendGroups(fd: number, replies: number): number {
    const groups = this.#makeGroups(replies);
    let done = 0;
    let sent = 0;
    while (done < groups) {
      const headers = pointerAt(this.#replyHeaders, done * HEADER_BYTES);
      const count = libc.sendmmsg(fd, headers, groups - done, MSG_DONTWAIT);
      if (count > 0) {
        for (let group = done; group < done + count; group++) sent += this.#groupCount[group] ?? 0;
        done += count;
        continue;
      }
      const errno = lastErrno();
      if (
        sent === 0 &&
        (this.#groupCount[done] ?? 0) > 1 &&
        (errno === errnoNumbers.EINVAL || errno === errnoNumbers.EIO)
      )
        return -1;
      if (errno === errnoNumbers.EAGAIN) break;
      done++; // this peer cannot be answered; the others can
    }
    return sent;
  }

  #fits(group: number, reply: { readonly peer: number; readonly length: number; readonly most: number }): boolean {
    if (this.#groupPeer[group] !== reply.peer || this.#groupLength[group] !== reply.length) return false;
    return (this.#groupCount[group] ?? 0) < reply.most;
  }

  #makeGroups(replies: number): number {
    let groups = 0;
    const names = this.#names.view;
    for (let index = 0; index < replies; index++) {
      const slot = this.#replySlot[index] ?? 0;
      const length = this.#replyLength[index] ?? 0;
      const at = slot * NAME_BYTES;
      const peer = names.getUint32(at + 4, true) * 65_536 + names.getUint16(at + 2, true);
      const most = Math.floor(DATAGRAM_BYTES / length);
      let group = this.#segmenting ? 0 : groups;
      while (group < groups && !this.#fits(group, { peer, length, most })) group++;
      if (group === groups) {
        groups++;
        this.#groupPeer[group] = peer;
        this.#groupLength[group] = length;
        this.#groupCount[group] = 0;
        this.#groupSlot[group] = slot;
      }
      this.#groupCount[group] = (this.#groupCount[group] ?? 0) + 1;
      this.#replyGroup[index] = group;
    }
    const headers = this.#replyHeaders.view;
    let iov = 0;
    for (let group = 0; group < groups; group++) {
      const count = this.#groupCount[group] ?? 0;
      const header = group * HEADER_BYTES;
      this.#groupIov[group] = iov;
      writeAddress(headers, header + NAME, this.#names.address + (this.#groupSlot[group] ?? 0) * NAME_BYTES);
      headers.setUint32(header + NAME_LENGTH, NAME_BYTES, true);
      writeAddress(headers, header + IOV, this.#replyIov.address + iov * IOVEC_BYTES);
      writeAddress(headers, header + IOV_COUNT, count);
      writeAddress(headers, header + CONTROL, count > 1 ? this.#controls.address + group * CONTROL_BYTES : 0);
      writeAddress(headers, header + CONTROL_LENGTH, count > 1 ? CONTROL_BYTES : 0);
      this.#controls.view.setUint16(group * CONTROL_BYTES + 16, this.#groupLength[group] ?? 0, true);
      iov += count;
    }
    for (let index = 0; index < replies; index++) {
      const group = this.#replyGroup[index] ?? 0;
      const at = (this.#groupIov[group] ?? 0) * IOVEC_BYTES;
      this.#groupIov[group] = (this.#groupIov[group] ?? 0) + 1;
      writeAddress(this.#replyIov.view, at, this.#replyBuffer.address + index * this.replyBytes);
      writeAddress(this.#replyIov.view, at + 8, this.#replyLength[index] ?? 0);
    }
    return groups;
  }
}
