export { parseNetnsName } from "../kernel/netns/mod.ts";
export { type AddressSpec, addAddresses, removeAddress } from "./addresses.ts";
export {
  addFdbEntry,
  changeBridgePort,
  type FdbSpec,
  removeFdbEntry,
} from "./bridge-ports.ts";
export {
  addFirewallRule,
  type FirewallAddition,
  type PlacedRule,
  type RuleReference,
  removeFirewallRule,
  setFirewallPolicy,
} from "./firewall.ts";
export { type Forcible, parseAlias } from "./link-guard.ts";
export {
  addLink,
  changeLink,
  type LinkChangeSpec,
  type LinkKindSpec,
  type LinkSettings,
  type LinkSpec,
  removeLink,
  type VethPeerSpec,
} from "./links.ts";
export { type NamespaceFile, namespaceFiles } from "./namespace-files.ts";
export { addNamespaces, type RemovedNamespace, removeNamespace } from "./namespaces.ts";
export { addNeighbour, type NeighbourSpec, removeNeighbour } from "./neighbours.ts";
export { addRoute, type NextHopSpec, type RouteSelection, type RouteSpec, removeRoute } from "./routes.ts";
export { addRule, type RuleSpec, removeRule } from "./rules.ts";
