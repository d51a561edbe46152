import { attr, attributes, cString, type Infer, type InferInput, struct, u8, u16, u32, u64be } from "../../wire/mod.ts";
import { bool8, headed, ipAddress } from "./values.ts";

/** Source: `struct fib_rule_hdr` in include/uapi/linux/fib_rules.h. */
const fibRuleHeader = struct("fib_rule_hdr", {
  family: u8,
  destinationLength: u8,
  sourceLength: u8,
  tos: u8,
  table: u8,
  reserved1: u8,
  reserved2: u8,
  action: u8,
  flags: u32,
});

/** Both ends belong to it. Machine order, unlike ports elsewhere. */
const portRange = struct("fib_rule_port_range", { start: u16, end: u16 });

/** Source: `FRA_*` in include/uapi/linux/fib_rules.h. */
const ruleAttributes = attributes("FRA", {
  dst: attr(1, ipAddress),
  src: attr(2, ipAddress),
  iifname: attr(3, cString),
  goto: attr(4, u32),
  priority: attr(6, u32),
  fwmark: attr(10, u32),
  flow: attr(11, u32),
  tunId: attr(12, u64be),
  suppressIfgroup: attr(13, u32), // 0xffffffff: off
  suppressPrefixlen: attr(14, u32), // 0xffffffff: off
  table: attr(15, u32),
  fwmask: attr(16, u32),
  oifname: attr(17, cString),
  l3mdev: attr(19, bool8),
  uidRange: attr(20, struct("fib_rule_uid_range", { start: u32, end: u32 })),
  protocol: attr(21, u8), // who made the rule
  ipProto: attr(22, u8),
  sportRange: attr(23, portRange),
  dportRange: attr(24, portRange),
});

/** `RTM_NEWRULE`, `RTM_DELRULE`, `RTM_GETRULE`. */
export const ruleMessage = headed(fibRuleHeader, ruleAttributes);
export type RuleMessage = Infer<typeof ruleMessage>;
export type RuleMessageInput = InferInput<typeof ruleMessage>;

/** Source: `FR_ACT_*`. */
export const RuleAction = { table: 1, goto: 2, nop: 3, blackhole: 6, unreachable: 7, prohibit: 8 } as const;
export type RuleActionName = keyof typeof RuleAction;

/** Source: `FIB_RULE_INVERT`. */
export const FIB_RULE_INVERT = 2;
