import { type Endpoint, type Network, nextHop } from "../../model/mod.ts";
import { type IpAddress, type IpFamily, prefixAddress, prefixContains, prefixFamily } from "../../net/mod.ts";
import type { DesiredState } from "./desired.ts";

/** Where a sandbox sends what is not on its links. */
export interface DefaultRoute {
  readonly endpoint: Endpoint;
  readonly gateway: IpAddress;
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
    const gateway = network === undefined ? undefined : endpointGateway(network, endpoint, family);
    if (gateway === undefined) continue;
    const better =
      best === undefined ||
      endpoint.gatewayPriority > best.endpoint.gatewayPriority ||
      (endpoint.gatewayPriority === best.endpoint.gatewayPriority && endpoint.sequence < best.endpoint.sequence);
    if (better) best = { endpoint, gateway };
  }
  return best;
}

function endpointGateway(network: Network, endpoint: Endpoint, family: IpFamily): IpAddress | undefined {
  if (network.internal) return undefined;
  for (const address of endpoint.addresses) {
    if (prefixFamily(address) !== family) continue;
    const subnet = network.subnets.find(({ prefix }) => prefixContains(prefix, prefixAddress(address)));
    const gateway = subnet && nextHop(subnet);
    if (gateway !== undefined) return gateway;
  }
  return undefined;
}
