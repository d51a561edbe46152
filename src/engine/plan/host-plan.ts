import type { Link, LinkIndex } from "../../kernel/objects/mod.ts";
import {
  type Endpoint,
  type EndpointId,
  LINK_ALIAS_MARK,
  LINK_GROUP,
  type Network,
  type NetworkId,
  type Sandbox,
} from "../../model/mod.ts";
import type { InterfaceAddress, LinkName } from "../../net/mod.ts";
import { type HostFacts, planBridge, planVeth } from "../drivers/bridge.ts";
import type { DesiredState } from "./desired.ts";
import { chooseDefaultRoute } from "./gateway.ts";
import type { BridgePlan, DefaultRoutePlan, Operation, VethPlan } from "./operation.ts";

export function bridgeAlias(network: Network): string {
  return `${LINK_ALIAS_MARK}network ${network.id}`;
}

export function vethAlias(endpoint: Endpoint): string {
  return `${LINK_ALIAS_MARK}endpoint ${endpoint.id}`;
}

/** The name of the wanted link that an alias says it is; `undefined` when nobody wants it, or the mark is not ours. */
export function ownerByAlias(state: DesiredState, alias: string | undefined): LinkName | undefined {
  if (alias?.startsWith(LINK_ALIAS_MARK) !== true) return undefined;
  const [kind, id = ""] = alias.slice(LINK_ALIAS_MARK.length).split(" ");
  if (kind === "endpoint") return state.endpoint(id as EndpointId)?.hostLink; // a look-up proves the id
  const driver = state.network(id as NetworkId)?.driver;
  return driver?.kind === "bridge" ? driver.settings.bridge : undefined;
}

/** What is on the host: read from the kernel in two dumps. */
export interface ObservedHost {
  readonly links: readonly Link[];
  readonly addresses: ReadonlyMap<number, readonly InterfaceAddress[]>;
}

/** Where the namespace of a sandbox opens; none when it cannot be, such as a foreign one that is gone. */
export type NetnsPathOf = (sandbox: Sandbox) => string | undefined;

/** What a plan is about: all that there is to be, or those parts of it that somebody touched. */
export interface HostScope {
  readonly networks: Iterable<Network>;
  readonly endpoints: Iterable<Endpoint>;
}

/** How the links of an endpoint are to look; none when its sandbox's namespace is gone. */
export function desiredVeth(
  state: DesiredState,
  endpoint: Endpoint,
  facts: HostFacts,
  netnsPathOf: NetnsPathOf,
): VethPlan | undefined {
  const network = state.network(endpoint.network);
  const sandbox = state.sandbox(endpoint.sandbox);
  const netnsPath = sandbox && netnsPathOf(sandbox);
  if (network?.driver.kind !== "bridge" || sandbox === undefined) return undefined;
  if (sandbox.namespace.kind === "external") return planVeth(endpoint, network.driver.settings, facts, { sandbox });
  if (netnsPath === undefined) return undefined;
  return planVeth(endpoint, network.driver.settings, facts, { sandbox, netnsPath });
}

/**
 * From what is on the host to what is to be: bridges, then pairs of links; what carries our mark and is not wanted goes last.
 * A pair that has to be made anew is configured and routed inside its sandbox too. A link of a wanted name that is not ours
 * is left alone: making ours beside it fails, and the kernel's word says why.
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

  for (const network of scope.networks) {
    if (network.driver.kind !== "bridge") continue;
    const bridge = planBridge(network, network.driver.settings, facts);
    const link = byName.get(bridge.name);
    if (link === undefined || !isOurBridge(link, bridge)) {
      operations.push({ kind: "create-bridge", bridge });
    } else {
      // Further addresses are somebody else's: a network's own never change.
      const present = observed.addresses.get(link.index) ?? [];
      const isComplete = bridge.addresses.every((address) => present.includes(address));
      if (!isComplete || !isConfigured(link, bridge)) operations.push({ kind: "configure-bridge", bridge });
    }
  }

  const remade = new Set<Sandbox>();
  for (const endpoint of scope.endpoints) {
    const veth = desiredVeth(state, endpoint, facts, netnsPathOf);
    if (veth === undefined) continue;
    const link = byName.get(endpoint.hostLink);
    if (link === undefined || !isOurVeth(link, endpoint)) {
      // Who took the other end has it no more, or not yet: making a pair anew is for them to ask.
      if (veth.netnsPath === undefined) continue;
      operations.push({ kind: "create-veth", veth }, { kind: "configure-endpoint", veth, link: "new" });
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
  const marked = link.alias === undefined ? link.group === LINK_GROUP : link.alias.startsWith(LINK_ALIAS_MARK);
  if (!marked) return false;
  const owner = state.ownerOfLink(link.name);
  if (owner?.kind === "network") return false;
  const sandbox = owner && state.sandbox(owner.endpoint.sandbox);
  if (sandbox === undefined) return true;
  return sandbox.namespace.kind !== "external" && netnsPathOf(sandbox) === undefined;
}

/** By our mark; one that only lost that, by its address: an administrator's bridge of the same name has another. */
function isOurBridge(link: Link, bridge: BridgePlan): boolean {
  return link.alias === bridgeAlias(bridge.network) || (link.detail.kind === "bridge" && link.mac === bridge.mac);
}

/** The name is of random letters: no other program has it by chance. */
function isOurVeth(link: Link, endpoint: Endpoint): boolean {
  return link.alias === vethAlias(endpoint) || link.detail.kind === "veth";
}

/** Whether the host's end of a pair is a port of the bridge whose index is given, and as it is to be. */
export function isAttached(link: Link, veth: VethPlan, bridgeIndex: LinkIndex | undefined): boolean {
  return (
    link.up &&
    link.mtu === veth.mtu &&
    link.alias === vethAlias(veth.endpoint) &&
    link.master !== undefined &&
    link.master === bridgeIndex &&
    (link.port?.isolated ?? false) === veth.isolated
  );
}

/** Whether a bridge, apart from its addresses, is as it is to be. */
export function isConfigured(link: Link, bridge: BridgePlan): boolean {
  return link.up && link.mtu === bridge.mtu && link.alias === bridgeAlias(bridge.network);
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
    const via = chosen && { gateway: chosen.gateway, link: chosen.endpoint.interfaceName };
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
