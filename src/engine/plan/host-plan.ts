import type { Link, LinkIndex } from "../../kernel/objects/mod.ts";
import { unreachable } from "../../lib/mod.ts";
import {
  type Endpoint,
  type EndpointId,
  LINK_ALIAS_MARK,
  LINK_GROUP,
  type Network,
  type NetworkId,
  type Sandbox,
} from "../../model/mod.ts";
import type { InterfaceAddress, IpAddress, LinkName } from "../../net/mod.ts";
import { planEndpointLink, planNetworkLinks } from "../drivers/driver.ts";
import type { HostFacts } from "../drivers/host-facts.ts";
import type { DesiredState } from "./desired.ts";
import { chooseDefaultRoute, type DefaultRoute } from "./gateway.ts";
import type {
  DefaultRoutePlan,
  EndpointLinkPlan,
  HostLinkPlan,
  NetworkLinkPlan,
  Operation,
  VethPlan,
} from "./operation.ts";

/** Whose a network's link is. A VLAN may be of several networks: its name is what they share. */
export function networkLinkAlias({ kind, network, name }: Pick<NetworkLinkPlan, "kind" | "network" | "name">): string {
  switch (kind) {
    case "bridge":
      return `${LINK_ALIAS_MARK}network ${network.id}`;
    case "parent":
      return `${LINK_ALIAS_MARK}parent ${name}`;
    case "host-link":
      return `${LINK_ALIAS_MARK}host-link ${network.id}`;
    default:
      return unreachable(kind);
  }
}

/** Of a pair, the host's end has it. */
export function endpointAlias(endpoint: Endpoint): string {
  return `${LINK_ALIAS_MARK}endpoint ${endpoint.id}`;
}

/** The name of the wanted link that an alias says it is; `undefined` when nobody wants it, or the mark is not ours. */
export function ownerByAlias(state: DesiredState, alias: string | undefined): LinkName | undefined {
  if (alias?.startsWith(LINK_ALIAS_MARK) !== true) return undefined;
  const [kind, id = ""] = alias.slice(LINK_ALIAS_MARK.length).split(" ");
  if (kind === "endpoint") return state.endpoint(id as EndpointId)?.hostLink; // a look-up proves the id
  if (kind === "parent") return state.ownerOfLink(id as LinkName) && (id as LinkName);
  const driver = state.network(id as NetworkId)?.driver;
  if (kind === "host-link") return driver?.kind === "macvlan" ? driver.settings.hostLink?.name : undefined;
  return driver?.kind === "bridge" ? driver.settings.bridge : undefined;
}

/** Whether a link carries our mark: its alias, or between its making and that, our group. */
export function isMarked(link: Pick<Link, "alias" | "group">): boolean {
  return link.alias === undefined ? link.group === LINK_GROUP : link.alias.startsWith(LINK_ALIAS_MARK);
}

/** What is on the host: read from the kernel in two dumps. */
export interface ObservedHost {
  readonly links: readonly Link[];
  readonly addresses: ReadonlyMap<number, readonly InterfaceAddress[]>;
  /** Destinations of our own routes to single addresses, by the number of their link; only networks with a host's link have any. */
  readonly routes: ReadonlyMap<number, readonly IpAddress[]>;
}

/** Where the namespace of a sandbox opens; none when it cannot be, such as a foreign one that is gone. */
export type NetnsPathOf = (sandbox: Sandbox) => string | undefined;

/** What a plan is about: all that there is to be, or those parts of it that somebody touched. */
export interface HostScope {
  readonly networks: Iterable<Network>;
  readonly endpoints: Iterable<Endpoint>;
}

/** How the link of an endpoint is to look; none when its sandbox's namespace is gone. */
export function desiredEndpointLink(
  state: DesiredState,
  endpoint: Endpoint,
  facts: HostFacts,
  netnsPathOf: NetnsPathOf,
): EndpointLinkPlan | undefined {
  const network = state.network(endpoint.network);
  const sandbox = state.sandbox(endpoint.sandbox);
  const netnsPath = sandbox && netnsPathOf(sandbox);
  if (network === undefined || sandbox === undefined) return undefined;
  if (sandbox.namespace.kind === "external") return planEndpointLink(endpoint, network, facts, { sandbox });
  return netnsPath === undefined ? undefined : planEndpointLink(endpoint, network, facts, { sandbox, netnsPath });
}

/** How the links of a network on the host are to look. */
export function desiredNetworkLinks(
  state: DesiredState,
  network: Network,
  facts: HostFacts,
): readonly NetworkLinkPlan[] {
  return planNetworkLinks(network, state.endpointsOn(network.id), facts);
}

/**
 * From what is on the host to what is to be: links of networks, then pairs of links; what carries our mark and is not wanted goes
 * last. A pair that has to be made anew is configured and routed inside its sandbox too. A link of a wanted name that is not
 * ours is left alone: making ours beside it fails, and the kernel's word says why. Links that are in sandboxes alone are in
 * `planSandbox`.
 */
export function planHost(
  state: DesiredState,
  observed: ObservedHost,
  facts: HostFacts,
  netnsPathOf: NetnsPathOf,
  scope: HostScope = state,
): readonly Operation[] {
  const byName = new Map(observed.links.map((link) => [link.name, link]));
  const operations: Operation[] = [];

  const planned = new Set<LinkName>(); // networks may share a VLAN
  for (const network of scope.networks) {
    for (const plan of desiredNetworkLinks(state, network, facts)) {
      if (planned.has(plan.name)) continue;
      planned.add(plan.name);
      const link = byName.get(plan.name);
      const parent = plan.kind === "host-link" ? byName.get(plan.parent) : undefined;
      if (plan.kind === "host-link" && parent === undefined && !planned.has(plan.parent)) continue; // it comes back with its parent
      if (link === undefined || !isOurNetworkLink(link, plan))
        operations.push({ kind: "create-network-link", link: plan });
      else if (!isComplete(link, plan, observed, parent))
        operations.push({ kind: "configure-network-link", link: plan });
    }
  }

  const remade = new Set<Sandbox>();
  for (const endpoint of scope.endpoints) {
    const veth = desiredEndpointLink(state, endpoint, facts, netnsPathOf);
    if (veth?.kind !== "veth") continue;
    const link = byName.get(endpoint.hostLink);
    if (link === undefined || !isOurVeth(link, endpoint)) {
      // Who took the other end has it no more, or not yet: making a pair anew is for them to ask.
      if (veth.netnsPath === undefined) continue;
      operations.push(
        { kind: "create-endpoint-link", link: veth },
        { kind: "configure-endpoint", link: veth, state: "new" },
      );
      const sandbox = state.sandbox(endpoint.sandbox);
      if (sandbox !== undefined) remade.add(sandbox);
    } else if (!isAttached(link, veth, byName.get(veth.bridge)?.index)) operations.push({ kind: "attach-veth", veth });
  }
  for (const sandbox of remade) {
    const netnsPath = netnsPathOf(sandbox);
    if (netnsPath !== undefined) operations.push(...planDefaultRoutes(state, sandbox, netnsPath, "unknown"));
  }

  const strays = observed.links.filter((link) => isStray(state, link, netnsPathOf));
  if (strays.length > 0) operations.push({ kind: "delete-links", names: strays.map((link) => link.name) });
  return operations;
}

/** Whether a link carries our mark and nobody wants it: a crash's remains, or one that somebody renamed. */
function isStray(state: DesiredState, link: Link, netnsPathOf: NetnsPathOf): boolean {
  if (!isMarked(link)) return false;
  const owner = state.ownerOfLink(link.name);
  if (owner?.kind === "network") return false;
  const sandbox = owner && state.sandbox(owner.endpoint.sandbox);
  if (sandbox === undefined) return true;
  return sandbox.namespace.kind !== "external" && netnsPathOf(sandbox) === undefined;
}

/** By our mark; one that only lost that, by its address or number: an administrator's of the same name has another. */
function isOurNetworkLink(link: Link, plan: NetworkLinkPlan): boolean {
  if (link.alias === networkLinkAlias(plan)) return true;
  switch (plan.kind) {
    case "bridge":
      return link.detail.kind === "bridge" && link.mac === plan.mac;
    case "host-link":
      return link.detail.kind === "macvlan" && link.mac === plan.mac;
    case "parent":
      return plan.parent.kind === "vlan" && link.detail.kind === "vlan" && link.detail.id === plan.parent.id;
    default:
      return unreachable(plan);
  }
}

/** Whether a network's link has all that it is to have. Further addresses are somebody else's: a network's own never change. */
function isComplete(link: Link, plan: NetworkLinkPlan, observed: ObservedHost, parent: Link | undefined): boolean {
  if (!isConfigured(link, plan)) return false;
  if (plan.kind === "parent") return true;
  const present = observed.addresses.get(link.index) ?? [];
  if (!plan.addresses.every((address) => present.includes(address))) return false;
  if (plan.kind === "bridge") return true;
  return link.mtu === parent?.mtu && hasRoutes(observed.routes.get(link.index) ?? [], plan);
}

function hasRoutes(present: readonly IpAddress[], { leadsTo }: HostLinkPlan): boolean {
  return present.length === leadsTo.length && leadsTo.every((address) => present.includes(address));
}

/** The name is of random letters: no other program has it by chance. */
function isOurVeth(link: Link, endpoint: Endpoint): boolean {
  return link.alias === endpointAlias(endpoint) || link.detail.kind === "veth";
}

/** Whether the host's end of a pair is a port of the bridge whose index is given, and as it is to be. */
export function isAttached(link: Link, veth: VethPlan, bridgeIndex: LinkIndex | undefined): boolean {
  return (
    link.up &&
    link.mtu === veth.mtu &&
    link.alias === endpointAlias(veth.endpoint) &&
    link.master !== undefined &&
    link.master === bridgeIndex &&
    (link.port?.isolated ?? false) === veth.isolated &&
    (link.port?.hairpin ?? false) === veth.hairpin
  );
}

/** Whether a network's link, apart from its addresses and routes, is as it is to be. */
export function isConfigured(link: Link, plan: NetworkLinkPlan): boolean {
  return link.up && link.alias === networkLinkAlias(plan) && (plan.kind !== "bridge" || link.mtu === plan.mtu);
}

type Via = NonNullable<DefaultRoutePlan["via"]>;
/** Default routes as observed, or `unknown`: then they are set whatever they are. */
export type ObservedDefaultRoutes = { readonly ipv4?: Via; readonly ipv6?: Via } | "unknown";

/** Puts the default routes of a sandbox to what its endpoints supply. */
export function planDefaultRoutes(
  state: DesiredState,
  sandbox: Sandbox,
  netnsPath: string,
  observed: ObservedDefaultRoutes,
): readonly Operation[] {
  const endpoints = state.endpointsOf(sandbox.id);
  return (["ipv4", "ipv6"] as const).flatMap((family): readonly Operation[] => {
    const chosen = chooseDefaultRoute(state, endpoints, family);
    const via = chosen && viaOf(chosen);
    const before = observed === "unknown" ? undefined : observed[family];
    // The way out that a foreign namespace came with is its owner's, to keep.
    const ours = before === undefined || endpoints.some(({ interfaceName }) => interfaceName === before.link);
    if (sandbox.namespace.kind === "foreign" && !ours) return [];
    if (observed !== "unknown" && before?.gateway === via?.gateway && before?.link === via?.link) return [];
    if (observed === "unknown" && via === undefined) return [];
    const route = { sandbox, netnsPath, family, ...(via !== undefined && { via }) };
    return [{ kind: "set-default-route", route, ...(before !== undefined && { before }) }];
  });
}

/** How a route by default leaves the sandbox. */
export function viaOf({ endpoint, gateway }: DefaultRoute): Via {
  return { link: endpoint.interfaceName, ...(gateway !== undefined && { gateway }) };
}
