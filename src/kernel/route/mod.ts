export { AddressProtocol } from "../../netlink/route/mod.ts";
export { AddressClient, type AddressFilter } from "./address-client.ts";
export { addAddressStep, deleteAddressStep, type NewAddress, replaceAddressStep } from "./address-steps.ts";
export {
  addAltNamesStep,
  deleteAltNamesStep,
  deleteLinkGroupStep,
  deleteLinkStep,
  fixBridgeMtuChanges,
  fixBridgeMtuSteps,
  type LinkChanges,
  setLinkStep,
  setLinkSteps,
} from "./change-link.ts";
export type { RouteConnection, RouteMessageBytes } from "./connection.ts";
export {
  createBridgeStep,
  createDummyStep,
  createIfbStep,
  createIpvlanStep,
  createMacvlanStep,
  createVethStep,
  createVlanStep,
  createVrfStep,
  createVxlanStep,
  type NewBridge,
  type NewIpvlan,
  type NewLink,
  type NewMacvlan,
  type NewVeth,
  type NewVlan,
  type NewVrf,
  type NewVxlan,
  type VethPeer,
} from "./create-link.ts";
export { createTun, type NewTun } from "./create-tun.ts";
export { ForwardingClient } from "./forwarding-client.ts";
export { freeLinkIndex, type LinkIndexRange } from "./free-link-index.ts";
export { LinkClient, type LinkFilter } from "./link-client.ts";
export type { LinkRef } from "./link-ref.ts";
export { type MentionedLink, mentionedLink } from "./mentioned-link.ts";
export { MissingLinkKindError } from "./missing-kind.ts";
export { NamespaceIdClient } from "./namespace-id-client.ts";
export { FdbClient, type FdbFilter, NeighbourClient, type NeighbourFilter } from "./neighbour-client.ts";
export {
  addFdbEntryStep,
  addNeighbourStep,
  appendFdbEntryStep,
  deleteFdbEntryStep,
  deleteNeighbourStep,
  type NewFdbEntry,
  type NewNeighbour,
  replaceFdbEntryStep,
  replaceNeighbourStep,
} from "./neighbour-steps.ts";
export { decodeNotification, type PortChange, type RouteNotification } from "./notification.ts";
export { openRouteClient, type RouteClientOptions } from "./open-route-client.ts";
export { QdiscClient } from "./qdisc-client.ts";
export { addHookQdiscStep, deleteHookQdiscStep, deleteRootQdiscStep, setTokenBucketStep } from "./qdisc-steps.ts";
export { RouteClient } from "./route-client.ts";
export {
  addRouteStep,
  appendRouteStep,
  deleteRouteStep,
  type NewNextHop,
  type NewRoute,
  replaceRouteStep,
} from "./route-steps.ts";
export { type RouteFilter, type RouteQuestion, RouteTableClient } from "./route-table-client.ts";
export { RuleClient } from "./rule-client.ts";
export { addRuleStep, deleteRuleStep, type NewRoutingRule } from "./rule-steps.ts";
export type { Step } from "./step.ts";
