import type { Link } from "../../kernel/objects/mod.ts";
import type { Endpoint, Network, Sandbox } from "../../model/mod.ts";
import type { InterfaceAddress, LinkName } from "../../net/mod.ts";
import { type HostFacts, planBridge, planVeth } from "../drivers/bridge.ts";
import type { DesiredState } from "./desired.ts";
import { chooseDefaultRoute } from "./gateway.ts";
import type { BridgePlan, DefaultRoutePlan, Operation, VethPlan } from "./operation.ts";

/** Links that we made say so in their alias, and whose they are: nothing else is ever deleted. */
const ALIAS_MARK = "weft ";

export function bridgeAlias(network: Network): string {
  return `${ALIAS_MARK}network ${network.id}`;
}

export function vethAlias(endpoint: Endpoint): string {
  return `${ALIAS_MARK}endpoint ${endpoint.id}`;
}

/** What is on the host: read from the kernel in two dumps. */
export interface ObservedHost {
  readonly links: readonly Link[];
  readonly addresses: ReadonlyMap<number, readonly InterfaceAddress[]>;
}

/** Where the namespace of a sandbox opens; none when it cannot be, such as a foreign one that is gone. */
export type NetnsPathOf = (sandbox: Sandbox) => string | undefined;

export function desiredBridges(state: DesiredState, facts: HostFacts): readonly BridgePlan[] {
  return Array.from(state.networks).flatMap((network) =>
    network.driver.kind === "bridge" ? [planBridge(network, network.driver.settings, facts)] : [],
  );
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
  if (network?.driver.kind !== "bridge" || sandbox === undefined || netnsPath === undefined) return undefined;
  return planVeth(endpoint, network.driver.settings, facts, { sandbox, netnsPath });
}

/**
 * From what is on the host to what is to be: bridges, then pairs of links; what carries our mark and is not wanted goes last.
 * A pair that has to be made anew is configured and routed inside its sandbox too.
 */
export function planHost(
  state: DesiredState,
  observed: ObservedHost,
  facts: HostFacts,
  netnsPathOf: NetnsPathOf,
): readonly Operation[] {
  const byName = new Map(observed.links.map((link) => [link.name, link]));
  const operations: Operation[] = [];
  const wanted = new Set<LinkName>();

  for (const bridge of desiredBridges(state, facts)) {
    wanted.add(bridge.name);
    const link = byName.get(bridge.name);
    if (link === undefined) operations.push({ kind: "create-bridge", bridge });
    else {
      const present = observed.addresses.get(link.index) ?? [];
      const surplus = present.filter((address) => !bridge.addresses.includes(address) && !isLinkLocal(address));
      const missing = bridge.addresses.some((address) => !present.includes(address));
      const asWanted = link.up && link.mtu === bridge.mtu && link.alias === bridgeAlias(bridge.network);
      if (missing || surplus.length > 0 || !asWanted) operations.push({ kind: "configure-bridge", bridge, surplus });
    }
  }

  const remade = new Set<Sandbox>();
  for (const endpoint of state.endpoints) {
    const veth = desiredVeth(state, endpoint, facts, netnsPathOf);
    if (veth === undefined) continue;
    wanted.add(endpoint.hostLink);
    const link = byName.get(endpoint.hostLink);
    if (link === undefined) {
      operations.push({ kind: "create-veth", veth }, { kind: "configure-endpoint", veth });
      const sandbox = state.sandbox(endpoint.sandbox);
      if (sandbox !== undefined) remade.add(sandbox);
    } else if (!isAttached(link, veth, byName)) operations.push({ kind: "attach-veth", veth });
  }
  for (const sandbox of remade) {
    const netnsPath = netnsPathOf(sandbox);
    if (netnsPath !== undefined) operations.push(...planDefaultRoutes(state, sandbox, netnsPath, "unknown"));
  }

  const foreign = observed.links.filter(
    (link) => link.alias?.startsWith(ALIAS_MARK) === true && !wanted.has(link.name),
  );
  if (foreign.length > 0) operations.push({ kind: "delete-links", names: foreign.map((link) => link.name) });
  return operations;
}

function isAttached(link: Link, veth: VethPlan, byName: ReadonlyMap<LinkName, Link>): boolean {
  return link.up && link.alias === vethAlias(veth.endpoint) && link.master === byName.get(veth.bridge)?.index;
}

function isLinkLocal(address: InterfaceAddress): boolean {
  return /^fe[89ab]/.test(address);
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
    if (observed !== "unknown" && before?.gateway === via?.gateway && before?.link === via?.link) return [];
    if (observed === "unknown" && via === undefined) return [];
    const route = { sandbox, netnsPath, family, ...(via !== undefined && { via }) };
    return [{ kind: "set-default-route", route, ...(before !== undefined && { before }) }];
  });
}
