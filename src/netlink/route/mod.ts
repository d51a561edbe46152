export {
  AddressFlag,
  type AddressMessage,
  type AddressMessageInput,
  AddressProtocol,
  addressMessage,
  LIFETIME_FOREVER,
} from "./address.ts";
export {
  type BridgeAttributes,
  type BridgeAttributesInput,
  type BridgePortAttributes,
  type BridgePortAttributesInput,
  bridgeAttributes,
  bridgePortAttributes,
} from "./bridge.ts";
export * from "./constants.ts";
export {
  type BridgePortMessage,
  bridgePortMessage,
  Ipv6AddressGeneration,
  type Ipv6AddressGenerationName,
  ipv4LinkConf,
  type LinkAttributes,
  type LinkAttributesInput,
  type LinkMessage,
  type LinkMessageInput,
  type LinkSummaryMessage,
  linkAttributes,
  linkMessage,
  linkMessageFamily,
  linkSummaryMessage,
} from "./link.ts";
export { glanceAtLinkMessage, type LinkGlance } from "./link-glance.ts";
export { type LinkInfo, type LinkInfoInput, linkInfo } from "./link-info.ts";
export {
  IpvlanFlag,
  IpvlanMode,
  type IpvlanModeName,
  MacvlanMode,
  type MacvlanModeName,
  type TunAttributes,
  type VethAttributesInput,
  type VxlanAttributes,
} from "./link-kinds.ts";
export type { LinkStatistics } from "./link-statistics.ts";
export {
  type NamespaceIdMessage,
  type NamespaceIdMessageInput,
  namespaceIdMessage,
  RTM_GETNSID,
  RTM_NEWNSID,
} from "./namespace-id.ts";
export {
  NeighbourFlag,
  type NeighbourMessage,
  type NeighbourMessageInput,
  NeighbourState,
  type NeighbourStateName,
  neighbourMessage,
} from "./neighbour.ts";
export {
  NETCONFA_IFINDEX_ALL,
  type NetconfMessage,
  type NetconfMessageInput,
  netconfMessage,
  RTM_GETNETCONF,
} from "./netconf.ts";
export {
  LINK_LAYER_ETHERNET,
  type QdiscMessage,
  type QdiscMessageInput,
  qdiscMessage,
  type TbfAttributes,
  TC_H_INGRESS,
  TC_H_ROOT,
} from "./qdisc.ts";
export { type RouteRequest, routeRequest } from "./request.ts";
export {
  NextHopFlag,
  type NextHopMessage,
  RouteFlag,
  type RouteMessage,
  type RouteMessageInput,
  RouteProtocol,
  RouteType,
  type RouteTypeName,
  RoutingTable,
  routeMessage,
  Scope,
} from "./route.ts";
export {
  FIB_RULE_INVERT,
  RuleAction,
  type RuleActionName,
  type RuleMessage,
  type RuleMessageInput,
  ruleMessage,
} from "./rule.ts";
export { familyFromNumber, familyNumber, familyOf, type Headed } from "./values.ts";
