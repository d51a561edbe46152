import { attr, attributes, cString, u8, u16be, u32be, u64be } from "../../../wire/mod.ts";
import { register } from "../register.ts";

/** Translates the source or the destination to what the registers hold, from `min` to `max`. */
export const nat = attributes("NFTA_NAT", {
  type: attr(1, u32be), // NatType
  family: attr(2, u32be), // NfProto ip or ip6
  addressMin: attr(3, register, "NFTA_NAT_REG_ADDR_MIN"),
  addressMax: attr(4, register, "NFTA_NAT_REG_ADDR_MAX"),
  portMin: attr(5, register, "NFTA_NAT_REG_PROTO_MIN"),
  portMax: attr(6, register, "NFTA_NAT_REG_PROTO_MAX"),
  flags: attr(7, u32be), // NatFlag
});

/** Translates the source to the address of the link that the packet leaves by. */
export const masq = attributes("NFTA_MASQ", {
  flags: attr(1, u32be), // NatFlag
  portMin: attr(2, register, "NFTA_MASQ_REG_PROTO_MIN"),
  portMax: attr(3, register, "NFTA_MASQ_REG_PROTO_MAX"),
});

/** Translates the destination to this host. */
export const redir = attributes("NFTA_REDIR", {
  portMin: attr(1, register, "NFTA_REDIR_REG_PROTO_MIN"),
  portMax: attr(2, register, "NFTA_REDIR_REG_PROTO_MAX"),
  flags: attr(3, u32be), // NatFlag
});

export const reject = attributes("NFTA_REJECT", {
  type: attr(1, u32be), // RejectType
  code: attr(2, u8, "NFTA_REJECT_ICMP_CODE"),
});

/** To the kernel's log with `level`, or to a netlink `group`. */
export const log = attributes("NFTA_LOG", {
  group: attr(1, u16be),
  prefix: attr(2, cString),
  snapLength: attr(3, u32be, "NFTA_LOG_SNAPLEN"), // bytes
  queueThreshold: attr(4, u16be, "NFTA_LOG_QTHRESHOLD"),
  level: attr(5, u32be), // as syslog(3) counts
  flags: attr(6, u32be), // LogFlagBit
});

/** Ends the rule above a rate, or below it. */
export const limit = attributes("NFTA_LIMIT", {
  rate: attr(1, u64be),
  unit: attr(2, u64be), // seconds
  burst: attr(3, u32be),
  type: attr(4, u32be), // LimitType
  flags: attr(5, u32be), // 1: over
});

export const counter = attributes("NFTA_COUNTER", {
  bytes: attr(1, u64be),
  packets: attr(2, u64be),
});

/** Ends the rule above so many bytes, or below. */
export const quota = attributes("NFTA_QUOTA", {
  bytes: attr(1, u64be),
  flags: attr(2, u32be), // 1: over
  consumed: attr(4, u64be),
});

/** Ends the rule above so many connections, or below. */
export const connlimit = attributes("NFTA_CONNLIMIT", {
  count: attr(1, u32be),
  flags: attr(2, u32be), // 1: over
});

/** Leaves the packet without a connection. */
export const notrack = attributes("NFTA_NOTRACK", {});
