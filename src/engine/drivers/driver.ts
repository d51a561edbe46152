import { unreachable } from "../../lib/mod.ts";
import { type Endpoint, ipamDriverOf, type Network, type NetworkDriver, type Sandbox } from "../../model/mod.ts";
import { type IpAddress, type LinkName, prefixFamily } from "../../net/mod.ts";
import type { EndpointLinkPlan, NetworkLinkPlan } from "../plan/operation.ts";
import { hasGateway, planBridge, planVeth } from "./bridge.ts";
import type { HostFacts } from "./host-facts.ts";
import { planHostLink, planIpvlan, planMacvlan, planParent } from "./macvlan.ts";

/**
 * What the kinds of networks decide, each in a file of its own beside this one: which links a network has on the host, what
 * the link of an endpoint is, where its default route leads. Everything here is a pure function of model values: whoever has
 * them can plan with it, with a daemon or without.
 */

/** The links that a network has on the host, in the order in which they are made; they go in the reverse one. */
export function planNetworkLinks(
  network: Network,
  endpoints: readonly Endpoint[],
  facts: HostFacts,
): readonly NetworkLinkPlan[] {
  const { driver } = network;
  switch (driver.kind) {
    case "bridge":
      return driver.settings.isFound === true ? [] : [planBridge(network, driver.settings, facts)];
    case "macvlan":
      return [...planParent(network, driver.settings), ...planHostLink(network, driver.settings, endpoints)];
    case "ipvlan":
      return planParent(network, driver.settings);
    case "host":
    case "none":
    case "template":
      return [];
    default:
      return unreachable(driver);
  }
}

/** The names of those links, without looking at the rest. */
export function networkLinkNames({ driver }: Network): readonly LinkName[] {
  switch (driver.kind) {
    case "bridge":
      return driver.settings.isFound === true ? [] : [driver.settings.bridge];
    case "macvlan":
      return [
        ...madeParent(driver),
        ...(driver.settings.hostLink === undefined ? [] : [driver.settings.hostLink.name]),
      ];
    case "ipvlan":
      return madeParent(driver);
    case "host":
    case "none":
    case "template":
      return [];
    default:
      return unreachable(driver);
  }
}

function madeParent({ settings: { parent } }: Extract<NetworkDriver, { kind: "macvlan" | "ipvlan" }>): LinkName[] {
  return parent.kind === "host" ? [] : [parent.name];
}

/** Where an endpoint's link is to be made. */
export interface EndpointPlace {
  readonly sandbox: Sandbox;
  /** Opens the sandbox's network namespace; absent: another engine takes what we make in the host's. */
  readonly netnsPath?: string;
}

/** The link, or the pair of links, of an endpoint; `undefined` on a network that nobody joins by an endpoint, or not so. */
export function planEndpointLink(
  endpoint: Endpoint,
  { driver }: Network,
  facts: HostFacts,
  place: EndpointPlace,
): EndpointLinkPlan | undefined {
  switch (driver.kind) {
    case "bridge":
      return planVeth(endpoint, driver.settings, facts, place);
    case "macvlan":
      return place.netnsPath === undefined ? undefined : planMacvlan(endpoint, driver.settings, place.netnsPath);
    case "ipvlan":
      return place.netnsPath === undefined ? undefined : planIpvlan(endpoint, driver.settings, place.netnsPath);
    case "host":
    case "none":
    case "template":
      return undefined;
    default:
      return unreachable(driver);
  }
}

/** Whether the endpoints of a network have a link on the host, too: a pair's other end. */
export function hasHostEnds({ driver }: Network): boolean {
  return driver.kind === "bridge";
}

/** The link of the host that the sandboxes' links lie on, where that is not the network's own. */
export function parentOf({ driver }: Network): LinkName | undefined {
  return driver.kind === "macvlan" || driver.kind === "ipvlan" ? driver.settings.parent.name : undefined;
}

/** The link by which the neighbours of a network's sandboxes come to the host; none where they do not. */
export function neighbourLink({ driver }: Network): LinkName | undefined {
  if (driver.kind === "bridge") return driver.settings.bridge;
  const isOnLan = (driver.kind === "macvlan" || driver.kind === "ipvlan") && driver.settings.parent.kind !== "isolated";
  return isOnLan ? driver.settings.parent.name : undefined;
}

/** A link of the host that the network lies on and that is not its own: a parent, or a bridge that was there before. */
export function lowerLink(network: Network): LinkName | undefined {
  const { driver } = network;
  if (driver.kind === "bridge" && driver.settings.isFound === true) return driver.settings.bridge;
  return parentOf(network);
}

/** The host's own addresses on a network. */
export function hostAddresses({ driver, subnets }: Network): readonly IpAddress[] {
  if (driver.kind === "bridge") {
    return subnets
      .filter(({ prefix }) => hasGateway(driver.settings, prefixFamily(prefix)))
      .flatMap(({ gateway }) => gateway ?? []);
  }
  return driver.kind === "macvlan" ? (driver.settings.hostLink?.addresses ?? []) : [];
}

/** Whether a DHCP server gives the network's endpoints their IPv4 addresses. */
export function isLeased({ driver }: Pick<Network, "driver">): boolean {
  return ipamDriverOf(driver) === "dhcp";
}

/** Whether packets to everywhere leave by the endpoint's link without a router's address: ipvlan routes them itself. */
export function routesWithoutGateway({ driver }: Network): boolean {
  return driver.kind === "ipvlan" && driver.settings.mode !== "l2";
}

/** Interfaces in sandboxes are called this and a number. */
export function interfacePrefix({ driver }: Network): string {
  return "settings" in driver ? driver.settings.interfacePrefix : "eth";
}

/** Whether the firewall leads ports of the host to endpoints of the network, and keeps others away from them. */
export function isBehindHost({ driver }: Network): boolean {
  return driver.kind === "bridge";
}
