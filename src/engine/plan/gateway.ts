import { type Endpoint, heldLease, type Network, nextHop } from "../../model/mod.ts";
import { type IpAddress, type IpFamily, prefixAddress, prefixContains, prefixFamily } from "../../net/mod.ts";
import { isLeased, routesWithoutGateway } from "../drivers/driver.ts";
import type { DesiredState } from "./desired.ts";

/** Where a sandbox sends what is not on its links. */
export interface DefaultRoute {
  readonly endpoint: Endpoint;
  /** Absent: everybody is a neighbour on the endpoint's link. */
  readonly gateway?: IpAddress;
}

/**
 * Chooses which endpoint supplies the default route of a family: the highest priority, among equals the oldest.
 * Internal networks and subnets without a gateway supply none.
 */
export function chooseDefaultRoute(
  state: DesiredState,
  endpoints: readonly Endpoint[],
  family: IpFamily,
): DefaultRoute | undefined {
  let best: DefaultRoute | undefined;
  for (const endpoint of endpoints) {
    const network = state.network(endpoint.network);
    const supplied = network === undefined ? undefined : suppliedRoute(network, endpoint, family);
    if (supplied === undefined) continue;
    const better =
      best === undefined ||
      endpoint.gatewayPriority > best.endpoint.gatewayPriority ||
      (endpoint.gatewayPriority === best.endpoint.gatewayPriority && endpoint.sequence < best.endpoint.sequence);
    if (better) best = supplied;
  }
  return best;
}

function suppliedRoute(network: Network, endpoint: Endpoint, family: IpFamily): DefaultRoute | undefined {
  if (network.internal) return undefined;
  if (isLeased(network) && family === "ipv4") return leasedRoute(endpoint);
  for (const address of endpoint.addresses) {
    if (prefixFamily(address) !== family) continue;
    if (routesWithoutGateway(network)) return { endpoint };
    const subnet = network.subnets.find(({ prefix }) => prefixContains(prefix, prefixAddress(address)));
    const gateway = subnet && nextHop(subnet);
    if (gateway !== undefined) return { endpoint, gateway };
  }
  return undefined;
}

/** By the router that the DHCP server named, as long as the lease holds. */
function leasedRoute(endpoint: Endpoint): DefaultRoute | undefined {
  const gateway = heldLease(endpoint)?.gateway;
  return gateway === undefined ? undefined : { endpoint, gateway };
}
