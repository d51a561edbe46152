export { type AddressView, viewAddresses } from "./addresses.ts";
export { type BridgePortView, type BridgeView, type FdbEntryView, viewBridges } from "./bridges.ts";
export { nameFarEnds } from "./far-ends.ts";
export {
  type FirewallBackend,
  type FirewallChainView,
  type FirewallHookView,
  type FirewallRuleView,
  type FirewallSetView,
  type FirewallTableView,
  viewFirewall,
} from "./firewall.ts";
export { ADMINISTRATOR } from "./firewall-owner.ts";
export {
  type FlowDirection,
  type FlowEnd,
  type FlowView,
  type FlowViewEvent,
  viewFlows,
  watchFlowViews,
} from "./flows.ts";
export { type CounterView, getLink, type LinkView, type Ownership, viewLinks } from "./links.ts";
export { type NamespaceLink, type NamespaceRouting, type NamespaceView, viewNamespaces } from "./namespaces.ts";
export { type NeighbourView, viewNeighbours } from "./neighbours.ts";
export { type CounterSample, type LinkRates, ratesBetween, sampleCounters } from "./rates.ts";
export { parseRoutingTable, routingTableName } from "./route-words.ts";
export {
  lookUpRoute,
  type NextHopView,
  type RouteAnswer,
  type RouteLookup,
  type RouteView,
  viewRoutes,
} from "./routes.ts";
export { type RuleView, viewRules } from "./rules.ts";
export {
  type InetSocketView,
  isListening,
  type NamedEnd,
  nameEnd,
  type SocketView,
  type UnixSocketView,
  viewSockets,
} from "./sockets.ts";
