import type { Link } from "../../kernel/objects/mod.ts";
import type { Endpoint, Sandbox } from "../../model/mod.ts";
import type { InterfaceAddress, LinkName } from "../../net/mod.ts";
import type { HostFacts } from "../drivers/host-facts.ts";
import type { DesiredState } from "./desired.ts";
import {
  desiredEndpointLink,
  endpointAlias,
  isMarked,
  type NetnsPathOf,
  type ObservedDefaultRoutes,
  planDefaultRoutes,
} from "./host-plan.ts";
import type { EndpointLinkPlan, Operation } from "./operation.ts";

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

/** Those links of the host that links of sandboxes lie on, by name. */
export type ObservedParents = ReadonlyMap<LinkName, Link>;

/**
 * From what is inside a sandbox to what is to be; pairs that are missing altogether are the host's plan to make. A link that
 * lies on a parent is made anew when it is gone, or lies on another link than the one that has the parent's name now.
 */
export function planSandbox(
  state: DesiredState,
  sandbox: Sandbox,
  observed: ObservedSandbox,
  parents: ObservedParents,
  facts: HostFacts,
  netnsPathOf: NetnsPathOf,
): readonly Operation[] {
  const path = netnsPathOf(sandbox);
  if (path === undefined) return [];
  const operations: Operation[] = [];
  const strays = observed.links.filter((link) => isMarked(link) && !isWanted(state, sandbox, link));
  if (strays.length > 0)
    operations.push({ kind: "delete-sandbox-links", netnsPath: path, names: strays.map(({ name }) => name) });
  let remade = false;
  for (const endpoint of state.endpointsOf(sandbox.id)) {
    const plan = desiredEndpointLink(state, endpoint, facts, netnsPathOf);
    if (plan === undefined) continue;
    const link = observed.links.find(({ name }) => name === endpoint.interfaceName);
    const parent = plan.kind === "veth" ? undefined : parents.get(plan.parent);
    if (plan.kind !== "veth") {
      if (parent === undefined) continue; // it comes back with its parent
      if (link === undefined || !liesOn(link, plan, parent)) {
        if (link?.alias === endpointAlias(endpoint))
          operations.push({ kind: "delete-sandbox-links", netnsPath: path, names: [link.name] });
        operations.push(
          { kind: "create-endpoint-link", link: plan },
          { kind: "configure-endpoint", link: plan, state: "new" },
        );
        remade = true;
        continue;
      }
    }
    if (link === undefined) continue;
    const present = observed.addresses.get(link.index) ?? [];
    const complete =
      link.up &&
      link.mtu === Math.min(plan.mtu ?? Number.POSITIVE_INFINITY, parent?.mtu ?? Number.POSITIVE_INFINITY) &&
      endpointAddresses(endpoint).every((address) => present.includes(address));
    if (!complete) operations.push({ kind: "configure-endpoint", link: plan, state: "found" });
  }
  operations.push(...planDefaultRoutes(state, sandbox, path, remade ? "unknown" : observed.defaultRoutes));
  return operations;
}

/** Remains of a connection or disconnection that a crash cut short carry our mark, and are no endpoint's. */
function isWanted(state: DesiredState, sandbox: Sandbox, { name, alias }: Link): boolean {
  return state
    .endpointsOf(sandbox.id)
    .some((endpoint) => endpoint.interfaceName === name && (alias === undefined || alias === endpointAlias(endpoint)));
}

function liesOn(link: Link, plan: Exclude<EndpointLinkPlan, { kind: "veth" }>, parent: Link): boolean {
  const { detail } = link;
  return detail.kind === plan.kind && detail.mode === plan.mode && link.lower === parent.index;
}
