import { type Pointer, toArrayBuffer } from "bun:ffi";

/** Where a ring of packets lies in this process's memory: plain numbers, which another thread may get. */
export interface PacketRingMemory {
  readonly address: number;
  readonly blockBytes: number;
  readonly blocks: number;
}

/** Where a packet came from and went to, as the kernel saw it. Source: `PACKET_*` of include/uapi/linux/if_packet.h. */
export const PacketDirection = { host: 0, broadcast: 1, multicast: 2, otherHost: 3, outgoing: 4 } as const;
export type PacketDirection = (typeof PacketDirection)[keyof typeof PacketDirection];

/** `struct tpacket_block_desc` with `struct tpacket_hdr_v1`. */
const BLOCK_STATUS = 8;
const BLOCK_PACKETS = 12;
const BLOCK_FIRST = 16;
const TP_STATUS_KERNEL = 0;
const TP_STATUS_USER = 1;
/** `struct tpacket3_hdr`, with `struct sockaddr_ll` behind it. */
const NEXT = 0;
const SECONDS = 4;
const NANOSECONDS = 8;
const CAPTURED = 12;
const LENGTH = 16;
const STATUS = 20;
const MAC = 24;
const VLAN_TCI = 32;
const VLAN_TPID = 36;
const ADDRESS = 48;
const PACKET_TYPE = ADDRESS + 10;
const TP_STATUS_VLAN_VALID = 1 << 4;
const TP_STATUS_VLAN_TPID_VALID = 1 << 6;
const ETH_P_8021Q = 0x8100;

/**
 * Reads a ring that the kernel fills (TPACKET_V3; Documentation/networking/packet_mmap.rst), without copying and without
 * allocating. `ready` stands on the oldest packet, whose fields can then be read; `skip` gives it back. A whole block goes back
 * to the kernel when its last packet was skipped.
 */
export class PacketRing {
  /** All of the ring: a packet's bytes are the `capturedBytes` from `dataOffset`. */
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #words: Int32Array;
  readonly #blockBytes: number;
  readonly #blocks: number;
  #block = 0;
  /** Packets of this block that were not skipped yet; 0: it is the kernel's, or we have not looked. */
  #left = 0;
  #at = 0;

  constructor({ address, blockBytes, blocks }: PacketRingMemory) {
    const buffer = toArrayBuffer(address as Pointer, 0, blockBytes * blocks);
    this.bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    this.#words = new Int32Array(buffer);
    this.#blockBytes = blockBytes;
    this.#blocks = blocks;
  }

  /** Whether there is a packet to look at. Never waits. */
  ready(): boolean {
    while (this.#left === 0) {
      const start = this.#block * this.#blockBytes;
      // The kernel writes the packets before the status: an atomic load is not moved behind what is read after it.
      if ((Atomics.load(this.#words, (start + BLOCK_STATUS) / 4) & TP_STATUS_USER) === 0) return false;
      this.#left = this.#view.getUint32(start + BLOCK_PACKETS, true);
      this.#at = start + this.#view.getUint32(start + BLOCK_FIRST, true);
      if (this.#left === 0) this.#giveBack();
    }
    return true;
  }

  skip(): void {
    this.#left--;
    if (this.#left === 0) this.#giveBack();
    else this.#at += this.#view.getUint32(this.#at + NEXT, true);
  }

  #giveBack(): void {
    Atomics.store(this.#words, (this.#block * this.#blockBytes + BLOCK_STATUS) / 4, TP_STATUS_KERNEL);
    this.#block = (this.#block + 1) % this.#blocks;
  }

  /** Since 1970. */
  get seconds(): number {
    return this.#view.getUint32(this.#at + SECONDS, true);
  }

  get nanoseconds(): number {
    return this.#view.getUint32(this.#at + NANOSECONDS, true);
  }

  get dataOffset(): number {
    return this.#at + this.#view.getUint16(this.#at + MAC, true);
  }

  get capturedBytes(): number {
    return this.#view.getUint32(this.#at + CAPTURED, true);
  }

  /** As it was on the link. */
  get lengthBytes(): number {
    return this.#view.getUint32(this.#at + LENGTH, true);
  }

  get direction(): number {
    return this.#view.getUint8(this.#at + PACKET_TYPE);
  }

  /** The VLAN tag that the kernel took out of the packet, as its four bytes were; -1 when it had none. */
  get vlanTag(): number {
    const status = this.#view.getUint32(this.#at + STATUS, true);
    if ((status & TP_STATUS_VLAN_VALID) === 0) return -1;
    const hasTpid = (status & TP_STATUS_VLAN_TPID_VALID) !== 0;
    const tpid = hasTpid ? this.#view.getUint16(this.#at + VLAN_TPID, true) : ETH_P_8021Q;
    return tpid * 65_536 + (this.#view.getUint32(this.#at + VLAN_TCI, true) & 0xffff);
  }
}
