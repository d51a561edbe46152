import type { Network, Sandbox } from "../model/mod.ts";
import { type MacAddress, prefixFamily } from "../net/mod.ts";
import type { EngineContext } from "./context.ts";
import { isBehindHost, parentOf } from "./drivers/driver.ts";
import { DriverError } from "./drivers/driver-error.ts";
import { chooseDefaultRoute } from "./plan/gateway.ts";

/** Refuses an endpoint whose link would find no place on its network's parent. */
export function requireRoomOnParent({ kernel, state }: EngineContext, network: Network, sandbox: Sandbox): void {
  const parent = parentOf(network);
  if (parent === undefined) return;
  const action = `Cannot connect sandbox ${sandbox.name} to network ${network.name}`;
  if (kernel.route.links.findIndex(parent) === undefined) {
    throw new DriverError("not-found", `${action}: its parent ${parent} is gone from the host, want that link back`);
  }
  const [holder] = isPassthru(network) ? state.endpointsOn(network.id) : [];
  if (holder !== undefined) {
    throw new DriverError(
      "conflict",
      `${action}: its mode is passthru, and sandbox ${state.sandbox(holder.sandbox)?.name} has the parent ${parent} for itself; want that one disconnected first`,
    );
  }
}

/**
 * Refuses an endpoint that would take the default route of a sandbox with published ports to a parent: who asks by the host would
 * be answered past it.
 */
export function requirePortsServed({ state }: EngineContext, sandbox: Sandbox, network: Network): void {
  if (sandbox.ports.length === 0 || isBehindHost(network)) return;
  const endpoints = state.endpointsOf(sandbox.id);
  const behindHost = endpoints.filter((endpoint) => {
    const other = state.network(endpoint.network);
    return other !== undefined && isBehindHost(other);
  });
  const isLost = (["ipv4", "ipv6"] as const)
    .filter((family) => chooseDefaultRoute(state, endpoints, family)?.endpoint.network === network.id)
    .some((family) =>
      behindHost.some(({ addresses }) => addresses.some((address) => prefixFamily(address) === family)),
    );
  if (!isLost) return;
  throw new DriverError(
    "invalid",
    `Cannot connect sandbox ${sandbox.name} to network ${network.name}: it publishes ports, whose answers would leave by ${parentOf(network)} past this host; want a bridge network with a higher gateway priority beside it, or no ports: the sandbox's own address is reached directly`,
  );
}

/** Refuses published ports of a sandbox that is on no network behind the host. */
export function requireServableNetwork(sandbox: string, networks: readonly Network[]): void {
  const [first] = networks;
  if (first === undefined || parentOf(first) === undefined || networks.some(isBehindHost)) return;
  throw new DriverError(
    "invalid",
    `Cannot publish ports of sandbox ${sandbox}: network ${first.name} of driver ${first.driver.kind} does not lie behind this host, want its own address used, or a bridge network beside it`,
  );
}

/** The MAC address that an endpoint has from its parent, where it can have no other. @throws {DriverError} when another is wanted. */
export function inheritedMac(
  { kernel }: EngineContext,
  network: Network,
  wanted: MacAddress | undefined,
): MacAddress | undefined {
  const parent = parentOf(network);
  if (parent === undefined || (network.driver.kind === "macvlan" && !isPassthru(network))) return undefined;
  const { mac } = kernel.route.links.get(parent);
  if (wanted !== undefined && wanted !== mac) {
    const what = network.driver.kind === "ipvlan" ? "ipvlan" : "macvlan mode passthru";
    throw new DriverError(
      "invalid",
      `Cannot use MAC address ${wanted} on network ${network.name}: with ${what} sandboxes have that of the parent ${parent}, want ${mac ?? "none"}`,
    );
  }
  return mac;
}

function isPassthru({ driver }: Network): boolean {
  return driver.kind === "macvlan" && driver.settings.mode === "passthru";
}
