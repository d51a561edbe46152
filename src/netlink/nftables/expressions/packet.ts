import { attr, attributes, u8, u32be } from "../../../wire/mod.ts";
import { register } from "../register.ts";

/** Bytes of a header into a register; with `source` the other way. */
export const payload = attributes("NFTA_PAYLOAD", {
  destination: attr(1, register, "NFTA_PAYLOAD_DREG"),
  base: attr(2, u32be), // PayloadBase
  offset: attr(3, u32be), // bytes
  length: attr(4, u32be, "NFTA_PAYLOAD_LEN"), // bytes
  source: attr(5, register, "NFTA_PAYLOAD_SREG"),
  checksumType: attr(6, u32be, "NFTA_PAYLOAD_CSUM_TYPE"),
  checksumOffset: attr(7, u32be, "NFTA_PAYLOAD_CSUM_OFFSET"),
  checksumFlags: attr(8, u32be, "NFTA_PAYLOAD_CSUM_FLAGS"),
});

/** A packet's properties beside its bytes: `enum nft_meta_keys`; with `source` sets one. */
export const meta = attributes("NFTA_META", {
  destination: attr(1, register, "NFTA_META_DREG"),
  key: attr(2, u32be),
  source: attr(3, register, "NFTA_META_SREG"),
});

/** A property of the connection: `enum nft_ct_keys`; with `source` sets one. */
export const ct = attributes("NFTA_CT", {
  destination: attr(1, register, "NFTA_CT_DREG"),
  key: attr(2, u32be),
  direction: attr(3, u8), // 0 original, 1 reply
  source: attr(4, register, "NFTA_CT_SREG"),
});

/** What the routing tables say of the packet. */
export const fib = attributes("NFTA_FIB", {
  destination: attr(1, register, "NFTA_FIB_DREG"),
  result: attr(2, u32be), // FibResult
  flags: attr(3, u32be), // FibFlag
});

/** What the packet's own route says: `enum nft_rt_keys`. */
export const rt = attributes("NFTA_RT", {
  destination: attr(1, register, "NFTA_RT_DREG"),
  key: attr(2, u32be),
});

/** Bytes of an IPv6 extension header or of a TCP or IPv4 option; with `source` the other way. */
export const exthdr = attributes("NFTA_EXTHDR", {
  destination: attr(1, register, "NFTA_EXTHDR_DREG"),
  type: attr(2, u8),
  offset: attr(3, u32be), // bytes
  length: attr(4, u32be, "NFTA_EXTHDR_LEN"), // bytes
  flags: attr(5, u32be), // 1: only whether it is there
  operator: attr(6, u32be, "NFTA_EXTHDR_OP"), // ExthdrOp
  source: attr(7, register, "NFTA_EXTHDR_SREG"),
});

/** A number that counts up with every packet, or is random; below `modulus`, plus `offset`. */
export const numgen = attributes("NFTA_NG", {
  destination: attr(1, register, "NFTA_NG_DREG"),
  modulus: attr(2, u32be),
  type: attr(3, u32be), // NumgenType
  offset: attr(4, u32be),
});

/** A hash of registers, or of the connection whichever way the packet goes; below `modulus`, plus `offset`. */
export const hash = attributes("NFTA_HASH", {
  source: attr(1, register, "NFTA_HASH_SREG"),
  destination: attr(2, register, "NFTA_HASH_DREG"),
  length: attr(3, u32be, "NFTA_HASH_LEN"), // bytes
  modulus: attr(4, u32be),
  seed: attr(5, u32be),
  offset: attr(6, u32be),
  type: attr(7, u32be), // HashType
});
