export type { Address, AddressScope, ScopeName } from "./address.ts";
export type { BridgeOptions } from "./bridge-options.ts";
export { type BridgePort, type BridgePortOptions, type BridgePortState, bridgePortStates } from "./bridge-port.ts";
export {
  type IpvlanFlagName,
  type IpvlanModeName,
  type Link,
  type LinkCounters,
  type LinkDetail,
  type LinkSummary,
  type MacvlanModeName,
  type OperState,
  operStates,
  type VxlanOptions,
} from "./link.ts";
export { type LinkIndex, LOOPBACK_INDEX, parseLinkIndex } from "./link-index.ts";
export type { FdbEntry, Neighbour, NeighbourStateName } from "./neighbour.ts";
export type { Qdisc, TokenBucket } from "./qdisc.ts";
export { LOCAL_TABLE, MAIN_TABLE, type NextHop, type Route, type RouteTypeName } from "./route.ts";
export type { RoutingRule, RoutingRuleActionName } from "./routing-rule.ts";
