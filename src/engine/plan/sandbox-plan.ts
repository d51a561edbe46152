import type { Link } from "../../kernel/objects/mod.ts";
import type { Endpoint, Sandbox } from "../../model/mod.ts";
import type { InterfaceAddress } from "../../net/mod.ts";
import type { HostFacts } from "../drivers/bridge.ts";
import type { DesiredState } from "./desired.ts";
import { desiredVeth, type NetnsPathOf, type ObservedDefaultRoutes, planDefaultRoutes } from "./host-plan.ts";
import type { Operation } from "./operation.ts";

/** What is inside a sandbox's namespace. */
export interface ObservedSandbox {
  readonly links: readonly Link[];
  readonly addresses: ReadonlyMap<number, readonly InterfaceAddress[]>;
  readonly defaultRoutes: Exclude<ObservedDefaultRoutes, "unknown">;
}

/** All that an endpoint's interface is to have. */
export function endpointAddresses({ addresses, linkLocalAddresses }: Endpoint): readonly InterfaceAddress[] {
  return [...addresses, ...linkLocalAddresses];
}

/** From what is inside a sandbox to what is to be; pairs that are missing altogether are the host's plan to make. */
export function planSandbox(
  state: DesiredState,
  sandbox: Sandbox,
  observed: ObservedSandbox,
  facts: HostFacts,
  netnsPathOf: NetnsPathOf,
): readonly Operation[] {
  const operations: Operation[] = [];
  for (const endpoint of state.endpointsOf(sandbox.id)) {
    const veth = desiredVeth(state, endpoint, facts, netnsPathOf);
    const link = observed.links.find(({ name }) => name === endpoint.interfaceName);
    if (veth === undefined || link === undefined) continue;
    const present = observed.addresses.get(link.index) ?? [];
    const complete =
      link.up && link.mtu === veth.mtu && endpointAddresses(endpoint).every((address) => present.includes(address));
    if (!complete) operations.push({ kind: "configure-endpoint", veth, link: "found" });
  }
  const path = netnsPathOf(sandbox);
  if (path !== undefined) operations.push(...planDefaultRoutes(state, sandbox, path, observed.defaultRoutes));
  return operations;
}
