import { type EndpointRequest, type EndpointView, Refusal } from "../contract/mod.ts";
import {
  ENDPOINT_OPTIONS,
  type Endpoint,
  hasEndpoints,
  type Network,
  parseEndpointId,
  parseEndpointOptions,
  type Sandbox,
} from "../model/mod.ts";
import {
  addressFamily,
  type IpAddress,
  isUnicastMac,
  type LinkName,
  type MacAddress,
  makeInterfaceAddress,
  parseLinkName,
  prefixAddress,
} from "../net/mod.ts";
import { readHostResolver } from "../sys/mod.ts";
import { applyPlan } from "./apply/apply-plan.ts";
import { openSandboxKernel } from "./apply/host-kernel.ts";
import { type EngineContext, emit, netnsPath } from "./context.ts";
import { interfacePrefix, isLeased, parentOf, planEndpointLink } from "./drivers/driver.ts";
import { type FirewallElement, planElements, sandboxElements } from "./firewall/elements.ts";
import { randomId, randomMac } from "./identifiers.ts";
import { beginLease, endLease } from "./leased-endpoints.ts";
import { getNetwork, getSandbox } from "./lookup.ts";
import { applyNames, endpointNames, networkNames, sandboxNames } from "./names.ts";
import { freeInterfaceName, hostLinkName } from "./network-pools.ts";
import { inheritedMac, requirePortsServed, requireRoomOnParent } from "./parents.ts";
import { chooseDefaultRoute } from "./plan/gateway.ts";
import { desiredNetworkLinks, type ObservedDefaultRoutes, planDefaultRoutes, viaOf } from "./plan/host-plan.ts";
import type { Operation } from "./plan/operation.ts";
import { refreshSandboxFiles } from "./sandbox-files.ts";
import { cutStaleFlows } from "./stale-flows.ts";
import { takeBack } from "./take-back.ts";
import { viewEndpoint } from "./views.ts";

/**
 * Attaches a sandbox to a network, while its processes run. On failure nothing is left.
 *
 * @param commit Makes the endpoint durable; a sandbox in the making does that for all of its endpoints at once.
 */
export async function connect(
  context: EngineContext,
  sandbox: Sandbox,
  request: EndpointRequest,
  commit: (endpoint: Endpoint) => void = (endpoint) => context.store.putEndpoint(endpoint),
): Promise<EndpointView> {
  const network = getNetwork(context.state, request.network);
  requireAttachable(context, network, sandbox);
  const path = netnsPath(context, sandbox);
  if (path === undefined)
    throw new Refusal("conflict", `Cannot connect sandbox ${sandbox.name}: its network namespace is gone`);
  const before = snapshot(context, sandbox);
  const endpoint = chooseEndpoint(context, network, sandbox, request);
  const link = planEndpointLink(endpoint, network, context.facts, { sandbox, netnsPath: path });
  if (link === undefined) throw nobodyJoins(network, sandbox);

  try {
    context.state.putEndpoint(endpoint);
    requirePortsServed(context, sandbox, network);
    // The name server's thread works while this one waits for the kernel; a name may be there some microseconds before its address.
    const resolver = readHostResolver();
    const isFirst = context.state.endpointsOn(network.id).length === 1;
    const named = applyNames(context, [
      ...(isFirst ? networkNames(network) : []), // until then there is nobody to ask
      ...endpointNames(context, endpoint),
      ...sandboxNames(context, sandbox, resolver),
    ]);
    await applyPlan(context.kernel, [
      { kind: "create-endpoint-link", link },
      { kind: "configure-endpoint", link, state: "new" },
      ...planHostRoutes(context, network),
      ...planFollowing(context, sandbox, path, before),
    ]);
    cutStaleFlows(context, planElements(before.elements, sandboxElements(context.state, sandbox, context.facts)));
    refreshSandboxFiles(context, sandbox, resolver);
    commit(endpoint);
    if (isLeased(network)) beginLease(context, endpoint, { wish: request.ipv4 });
    context.announcer.repeat(link);
    await named; // it does not fail: a name that cannot be served is a warning
  } catch (error) {
    await takeBack(context, `an endpoint of sandbox ${sandbox.name}`, () =>
      dropEndpoint(context, sandbox, endpoint, path),
    );
    throw error;
  }
  emit(context, "connect", { network, sandbox });
  return viewEndpoint(context, endpoint);
}

export async function disconnect(
  context: EngineContext,
  request: { readonly network: string; readonly sandbox: string; readonly force: boolean },
): Promise<null> {
  const network = getNetwork(context.state, request.network);
  const sandbox = getSandbox(context.state, request.sandbox);
  const endpoint = context.state.endpointBetween(network.id, sandbox.id);
  if (endpoint === undefined) {
    if (request.force) return null;
    throw new Refusal(
      "not-found",
      `Cannot disconnect sandbox ${sandbox.name} from network ${network.name}: it is not on it, want a network that it is on`,
      { reason: { code: "not-connected", network: network.name, sandbox: sandbox.id } },
    );
  }
  context.store.deleteEndpoint(endpoint.id);
  await dropEndpoint(context, sandbox, endpoint, netnsPath(context, sandbox));
  emit(context, "disconnect", { network, sandbox });
  return null;
}

/** Takes an endpoint out of state, kernel and names, also one that is half made. Out of the store it is already. */
async function dropEndpoint(
  context: EngineContext,
  sandbox: Sandbox,
  endpoint: Endpoint,
  path: string | undefined,
): Promise<void> {
  const before = snapshot(context, sandbox);
  const network = context.state.network(endpoint.network);
  const removal = planEndpointRemoval(context, sandbox, [endpoint], path);
  forgetEndpoint(context, endpoint);
  const resolver = readHostResolver();
  const unnamed = applyNames(context, [
    { kind: "remove-endpoint", id: endpoint.id },
    ...sandboxNames(context, sandbox, resolver),
  ]);
  await applyPlan(context.kernel, [
    ...removal,
    ...(network === undefined ? [] : planHostRoutes(context, network)),
    ...(path === undefined ? [] : planFollowing(context, sandbox, path, before)),
  ]);
  cutStaleFlows(context, planElements(before.elements, sandboxElements(context.state, sandbox, context.facts)));
  refreshSandboxFiles(context, sandbox, resolver);
  await unnamed;
}

/** Puts an endpoint that is there to what it is to be from now on: of other addresses, on the same link. */
export async function changeEndpoint(context: EngineContext, from: Endpoint, to: Endpoint): Promise<void> {
  const network = context.state.network(to.network);
  const sandbox = context.state.sandbox(to.sandbox);
  const path = sandbox && netnsPath(context, sandbox);
  if (network === undefined || sandbox === undefined || path === undefined) return;
  const before = snapshot(context, sandbox);
  context.state.putEndpoint(to);
  context.store.putEndpoint(to);
  const resolver = readHostResolver();
  const named = applyNames(context, [...endpointNames(context, to), ...sandboxNames(context, sandbox, resolver)]);
  const link = planEndpointLink(to, network, context.facts, { sandbox, netnsPath: path });
  const withdrawn = from.addresses.filter((address) => !to.addresses.includes(address));
  await applyPlan(context.kernel, [
    ...(link === undefined ? [] : [{ kind: "configure-endpoint", link, state: "found", withdrawn } as const]),
    ...planHostRoutes(context, network),
    ...planFollowing(context, sandbox, path, before),
  ]);
  if (link !== undefined && to.addresses.some((address) => !from.addresses.includes(address)))
    context.announcer.announce(link);
  refreshSandboxFiles(context, sandbox, resolver);
  await named;
}

/** Takes the links of a sandbox's endpoints away; of a namespace that is gone (no path), what is left of them on the host. */
export function planEndpointRemoval(
  context: EngineContext,
  sandbox: Sandbox,
  endpoints: readonly Endpoint[],
  path: string | undefined,
): readonly Operation[] {
  const links = endpoints.flatMap((endpoint) => {
    const network = context.state.network(endpoint.network);
    // Where there is no namespace any more, only what is on the host is asked for.
    const place = { sandbox, netnsPath: path ?? "" };
    return (network && planEndpointLink(endpoint, network, context.facts, place)) ?? [];
  });
  const onHost = links.filter(({ kind }) => kind === "veth").map(({ endpoint }) => endpoint.hostLink);
  const inside = links.filter(({ kind }) => kind !== "veth").map(({ endpoint }) => endpoint.interfaceName);
  return [
    ...(onHost.length > 0 ? [{ kind: "delete-links", names: onHost } as const] : []),
    ...(inside.length > 0 && path !== undefined
      ? [{ kind: "delete-sandbox-links", netnsPath: path, names: inside } as const]
      : []),
  ];
}

/** The host's way to the sandboxes of a network, where it needs a route to each. */
export function planHostRoutes(context: EngineContext, network: Network): readonly Operation[] {
  return desiredNetworkLinks(context.state, network, context.facts)
    .filter(({ kind }) => kind === "host-link")
    .map((link) => ({ kind: "configure-network-link", link }));
}

/** Out of state and pools; store and kernel are the caller's part. */
export function forgetEndpoint(context: EngineContext, endpoint: Endpoint): void {
  context.announcer.forget(endpoint.id);
  endLease(context, endpoint);
  context.state.deleteEndpoint(endpoint);
  context.pools.release(endpoint.network, endpoint.addresses);
}

interface Snapshot {
  readonly routes: Exclude<ObservedDefaultRoutes, "unknown">;
  readonly elements: readonly FirewallElement[];
}

function snapshot(context: EngineContext, sandbox: Sandbox): Snapshot {
  const endpoints = context.state.endpointsOf(sandbox.id);
  const via = (family: "ipv4" | "ipv6") => {
    const chosen = chooseDefaultRoute(context.state, endpoints, family);
    return chosen && viaOf(chosen);
  };
  const [ipv4, ipv6] = [via("ipv4"), via("ipv6")];
  return {
    routes: { ...(ipv4 !== undefined && { ipv4 }), ...(ipv6 !== undefined && { ipv6 }) },
    elements: sandboxElements(context.state, sandbox, context.facts),
  };
}

/** What follows from an endpoint's coming or going: the default routes, and where published ports lead. */
function planFollowing(context: EngineContext, sandbox: Sandbox, path: string, before: Snapshot): readonly Operation[] {
  const changes = planElements(before.elements, sandboxElements(context.state, sandbox, context.facts));
  return [
    ...planDefaultRoutes(context.state, sandbox, path, survivingRoutes(context, sandbox, before)),
    ...(changes.add.length + changes.remove.length > 0 ? [{ kind: "change-firewall", ...changes } as const] : []),
  ];
}

/** The kernel takes routes away with their link. */
function survivingRoutes(
  context: EngineContext,
  sandbox: Sandbox,
  { routes }: Snapshot,
): Exclude<ObservedDefaultRoutes, "unknown"> {
  const links = new Set(context.state.endpointsOf(sandbox.id).map(({ interfaceName }) => interfaceName));
  return {
    ...(routes.ipv4 !== undefined && links.has(routes.ipv4.link) && { ipv4: routes.ipv4 }),
    ...(routes.ipv6 !== undefined && links.has(routes.ipv6.link) && { ipv6: routes.ipv6 }),
  };
}

function nobodyJoins(network: Network, sandbox: Sandbox): Refusal {
  return new Refusal(
    "invalid",
    `Cannot connect sandbox ${sandbox.name} to network ${network.name}: ${network.driver.kind === "template" ? "it only configures others, want one that was made after it" : "nobody joins it later, want a sandbox that is created on it"}`,
    { reason: { code: "not-attachable", network: network.name, driver: network.driver.kind } },
  );
}

function requireAttachable(context: EngineContext, network: Network, sandbox: Sandbox): void {
  const action = `Cannot connect sandbox ${sandbox.name} to network ${network.name}`;
  if (!hasEndpoints(network.driver.kind)) throw nobodyJoins(network, sandbox);
  if (network.owner !== undefined) {
    throw new Refusal(
      "invalid",
      `${action}: its addresses are ${network.owner}'s to give, want a network of Weft's own`,
    );
  }
  if (sandbox.namespace.kind === "external") {
    throw new Refusal("invalid", `${action}: another engine connects it, want that engine asked`);
  }
  if (sandbox.namespace.kind === "host" || sandbox.namespace.kind === "shared") {
    throw new Refusal(
      "invalid",
      `${action}: it shares the network namespace of ${sandbox.namespace.kind === "host" ? "the host" : "another sandbox"}, want a sandbox with one of its own`,
      { reason: { code: "shared-namespace", sandbox: sandbox.name } },
    );
  }
  if (context.state.endpointBetween(network.id, sandbox.id) !== undefined) {
    throw new Refusal("conflict", `${action}: it is on it already, want another network`, {
      reason: { code: "connected", network: network.name, sandbox: sandbox.name },
    });
  }
  requireRoomOnParent(context, network, sandbox);
}

function chooseEndpoint(
  context: EngineContext,
  network: Network,
  sandbox: Sandbox,
  request: EndpointRequest,
): Endpoint {
  const names = interfaceNames(context, sandbox);
  const interfaceName = chosenInterfaceName(request);
  const holder = interfaceName && names.get(interfaceName);
  if (holder !== undefined) {
    throw new Refusal(
      "conflict",
      `Cannot connect sandbox ${sandbox.name}: interface name ${interfaceName} is ${holder}, want another`,
    );
  }
  const mac = chooseMac(context, network, request.mac);
  requireFree(context, network, [request.ipv4, request.ipv6]);
  const id = parseEndpointId(randomId());
  return {
    id,
    network: network.id,
    sandbox: sandbox.id,
    sequence: context.store.nextSequence(),
    interfaceName: interfaceName ?? freeInterfaceName(interfacePrefix(network), names),
    hostLink: hostLinkName(id),
    mac,
    addresses: context.pools.allocate(network, isLeased(network) ? { ipv6: request.ipv6 } : request),
    linkLocalAddresses: request.linkLocalAddresses.map((address) =>
      makeInterfaceAddress(address, LINK_LOCAL_LENGTH[addressFamily(address)]),
    ),
    aliases: request.aliases,
    links: request.links,
    gatewayPriority: request.gatewayPriority,
    driverOptions: request.driverOptions,
  };
}

/** Bits of the prefixes that link-local addresses are used with: RFC 3927 section 2.1, RFC 4291 section 2.5.6. */
const LINK_LOCAL_LENGTH = { ipv4: 16, ipv6: 64 } as const;

/** By the request's own field, or by Docker's option. */
function chosenInterfaceName({ interfaceName, driverOptions }: EndpointRequest): LinkName | undefined {
  const byOption = parseEndpointOptions(driverOptions).interfaceName;
  if (interfaceName !== undefined && byOption !== undefined && byOption !== interfaceName) {
    throw new Refusal(
      "invalid",
      `Cannot use option ${ENDPOINT_OPTIONS.interfaceName}=${byOption}: the interface name is to be ${interfaceName}, want one of the two`,
    );
  }
  return interfaceName ?? byOption;
}

/** The names that interfaces of the sandbox have, and whose they are. A foreign namespace may have links of its owner's. */
function interfaceNames(context: EngineContext, sandbox: Sandbox): ReadonlyMap<LinkName, string> {
  const names = new Map<LinkName, string>([[parseLinkName("lo"), "the loopback's"]]);
  if (sandbox.namespace.kind === "foreign") {
    using inside = openSandboxKernel(sandbox.namespace.path);
    for (const { name } of inside.route.links.list()) names.set(name, "a link's that was there before");
  }
  for (const { interfaceName, network } of context.state.endpointsOf(sandbox.id)) {
    names.set(interfaceName, `its endpoint's on network ${context.state.network(network)?.name}`);
  }
  return names;
}

/** The pools would refuse it too, but do not know whose it is. */
function requireFree(context: EngineContext, network: Network, wanted: readonly (IpAddress | undefined)[]): void {
  if (wanted.every((address) => address === undefined)) return;
  for (const { sandbox, addresses } of context.state.endpointsOn(network.id)) {
    const taken = addresses.map(prefixAddress).find((address) => wanted.includes(address));
    if (taken === undefined) continue;
    throw new Refusal(
      "conflict",
      `Cannot use address ${taken}: sandbox ${context.state.sandbox(sandbox)?.name} has it on network ${network.name}`,
      { reason: { code: "address-space" } },
    );
  }
}

export function chooseMac(context: EngineContext, network: Network, wanted: MacAddress | undefined): MacAddress {
  const inherited = inheritedMac(context, network, wanted);
  if (inherited !== undefined) return inherited;
  if (wanted === undefined) return randomMac();
  if (!isUnicastMac(wanted))
    throw new Refusal("invalid", `Cannot use MAC address ${wanted}: want a unicast one, the first octet even`);
  // Networks on one parent are one LAN.
  const parent = parentOf(network);
  const neighbours = parent === undefined ? [network] : context.state.networksOnParent(parent);
  for (const { id, name } of neighbours) {
    const holder = context.state.endpointsOn(id).find(({ mac }) => mac === wanted);
    if (holder === undefined) continue;
    throw new Refusal(
      "conflict",
      `Cannot use MAC address ${wanted}: sandbox ${context.state.sandbox(holder.sandbox)?.name} has it on network ${name}`,
    );
  }
  return wanted;
}
