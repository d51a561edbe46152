export {
  compileRule,
  type FirewallHook,
  type FirewallRule,
  firewallHooks,
  type RuleAction,
} from "./compile-rule.ts";
export { formatNatDestination, type NatDestination, parseNatDestination } from "./nat-destination.ts";
export { type PacketMark, parsePacketMark, setMark } from "./packet-mark.ts";
export {
  type ConnectionState,
  connectionStates,
  type PacketMatch,
  type PacketProtocol,
  packetProtocols,
  packetTests,
} from "./packet-match.ts";
export { type RuleField, RuleFieldError } from "./rule-field-error.ts";
