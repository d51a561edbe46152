import { type IpAddress, prefixFamily } from "../net/mod.ts";
import type { Subnet } from "./network.ts";

/** Docker's convention: an auxiliary address of this name is the sandboxes' next hop in place of the bridge's own address. */
export function nextHop(subnet: Subnet): IpAddress | undefined {
  const name = prefixFamily(subnet.prefix) === "ipv4" ? "DefaultGatewayIPv4" : "DefaultGatewayIPv6";
  return subnet.auxiliary[name] ?? subnet.gateway;
}
