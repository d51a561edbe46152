/** Record types that we treat specially; others are relayed as numbers. Source: IANA DNS parameters. */
export const RecordType = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

/** Response codes. Source: RFC 1035 section 4.1.1; `badVersion` is extended, RFC 6891 section 9. */
export const ResponseCode = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
  badVersion: 16,
} as const;
export type ResponseCode = (typeof ResponseCode)[keyof typeof ResponseCode];

export const CLASS_IN = 1;
export const CLASS_ANY = 255;

export const HEADER_BYTES = 12;
/** What a client without EDNS takes over UDP. RFC 1035 section 4.2.1. */
export const PLAIN_UDP_BYTES = 512;
/** What we say that we take over UDP: fits in every path's MTU. DNS Flag Day 2020. */
export const OFFERED_UDP_BYTES = 1232;
/** The most that we send over UDP to a client that takes it: its path is loopback, nothing is fragmented there. */
export const MAX_UDP_BYTES = 4096;
/** An OPT record without options. */
export const OPT_BYTES = 11;

/** Bits of the second 16-bit word. */
export const Flag = {
  response: 0x8000,
  opcodeMask: 0x7800,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
  authenticData: 0x0020,
  checkingDisabled: 0x0010,
  rcodeMask: 0x000f,
} as const;
