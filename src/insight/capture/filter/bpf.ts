/** One instruction of classic BPF. Source: `struct sock_filter` of include/uapi/linux/filter.h. */
export interface BpfInstruction {
  readonly code: number;
  /** How many instructions to skip when the test is true, and when it is false. */
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** Operations that our programs use. Source: include/uapi/linux/bpf_common.h; a class, a mode, a size, an operation. */
export const Bpf = {
  /** A = packet[k], of 4, 2 or 1 bytes. */
  loadWord: 0x20,
  loadHalf: 0x28,
  loadByte: 0x30,
  /** A = packet[X + k]. */
  loadWordIndexed: 0x40,
  loadHalfIndexed: 0x48,
  loadByteIndexed: 0x50,
  /** A = the packet's length. */
  loadLength: 0x80,
  /** X = 4 * (packet[k] & 0xf): the length of an IPv4 header. */
  loadHeaderLength: 0xb1,
  /** A = A & k. */
  and: 0x54,
  jump: 0x05,
  jumpEqual: 0x15,
  jumpGreater: 0x25,
  jumpGreaterOrEqual: 0x35,
  /** A & k is not zero. */
  jumpSet: 0x45,
  /** Keep k bytes of the packet; 0: none of it. */
  answer: 0x06,
} as const;

/** The kernel takes no more. Source: `BPF_MAXINSNS` of include/uapi/linux/bpf_common.h. */
export const MOST_INSTRUCTIONS = 4096;
