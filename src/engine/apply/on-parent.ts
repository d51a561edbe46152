import { MAIN_TABLE } from "../../kernel/objects/mod.ts";
import {
  deleteRouteStep,
  type LinkClient,
  MissingLinkKindError,
  type NewLink,
  type RouteClient,
  replaceAddressStep,
  replaceRouteStep,
  setLinkStep,
} from "../../kernel/route/mod.ts";
import { LINK_GROUP } from "../../model/mod.ts";
import {
  ADDRESS_BITS,
  addressFamily,
  type IpAddress,
  type IpPrefix,
  makePrefix,
  prefixAddress,
  prefixFamily,
} from "../../net/mod.ts";
import { SystemCallError, writeSysctl } from "../../sys/mod.ts";
import { endpointAlias, isMarked, networkLinkAlias } from "../plan/host-plan.ts";
import type {
  EndpointLinkPlan,
  HostLinkPlan,
  IpvlanPlan,
  MacvlanPlan,
  Operation,
  ParentPlan,
} from "../plan/operation.ts";
import type { OpenedSandboxes } from "./apply-plan.ts";
import type { HostKernel } from "./host-kernel.ts";
import { WEFT_PROTOCOL } from "./weft-protocol.ts";

/** Links of networks whose sandboxes lie on a link of the host: macvlan and ipvlan. */

export function createParent({ route: { links } }: HostKernel, { name, parent }: ParentPlan): void {
  const link = { name, group: LINK_GROUP };
  if (parent.kind === "vlan") links.createVlan({ ...link, lower: links.indexOf(parent.lower), id: parent.id });
  else createIsolated(links, link);
}

/** A link that throws away what it is given: a dummy, or where the kernel has none an ifb, which only tc can have do something else. */
function createIsolated(links: LinkClient, link: NewLink): void {
  try {
    links.createDummy(link);
  } catch (error) {
    if (!(error instanceof MissingLinkKindError)) throw error;
    links.createIfb(link);
  }
}

export function configureParent({ route }: HostKernel, plan: ParentPlan): void {
  const { name, parent } = plan;
  if (parent.kind === "isolated") writeSysctl(`net/ipv6/conf/${name}/disable_ipv6`, "1"); // nobody hears what it would say
  route.apply([setLinkStep(name, { up: true, alias: networkLinkAlias(plan) })]);
}

export function createHostLink({ route }: HostKernel, { name, parent, mode, mac }: HostLinkPlan): void {
  route.links.createMacvlan({ name, lower: route.links.indexOf(parent), mode, mac, group: LINK_GROUP });
}

export function configureHostLink({ route }: HostKernel, plan: HostLinkPlan): void {
  const { name, ipv6 } = plan;
  writeSysctl(`net/ipv6/conf/${name}/disable_ipv6`, ipv6 ? "0" : "1");
  if (ipv6) {
    writeSysctl(`net/ipv6/conf/${name}/accept_ra`, "0"); // the parent hears them already
    writeSysctl(`net/ipv6/conf/${name}/accept_dad`, "0");
  }
  const link = route.links.indexOf(name);
  route.apply([
    ...plan.addresses.map((address) =>
      replaceAddressStep({ link, address, noDad: prefixFamily(address) === "ipv6", broadcast: "none" }),
    ),
    setLinkStep(link, { up: true, alias: networkLinkAlias(plan), mtu: route.links.get(plan.parent).mtu }),
  ]);
  const wanted = plan.leadsTo.map((address) => makePrefix(address, ADDRESS_BITS[addressFamily(address)]));
  const source = borrowedAddress(route, plan);
  const present = (["ipv4", "ipv6"] as const)
    .flatMap((family) => route.routes.list({ family, table: MAIN_TABLE }))
    .filter(({ protocol, nextHops }) => protocol === WEFT_PROTOCOL && nextHops[0]?.link === link);
  const isMissing = (destination: IpPrefix): boolean => present.every((route) => route.destination !== destination);
  route.apply([
    ...present
      .filter(({ destination }) => !wanted.includes(destination))
      .map(({ destination, table, priority, protocol }) => deleteRouteStep({ destination, table, priority, protocol })),
    ...wanted.filter(isMissing).map((destination) =>
      replaceRouteStep({
        destination,
        nextHops: [{ link }],
        protocol: WEFT_PROTOCOL,
        ...(prefixFamily(destination) === "ipv4" && source !== undefined && { preferredSource: source }),
      }),
    ),
  ]);
}

/** Without an IPv4 address of its own a host's link speaks with the parent's. */
function borrowedAddress(route: RouteClient, { addresses, parent }: HostLinkPlan): IpAddress | undefined {
  if (addresses.some((address) => prefixFamily(address) === "ipv4")) return undefined;
  const found = route.addresses
    .list({ link: route.links.indexOf(parent) })
    .find(({ address, scope }) => prefixFamily(address) === "ipv4" && scope === "global");
  return found && prefixAddress(found.address);
}

/**
 * Makes a link in the sandbox at once, with its parent in the host: it is never moved. The kernel looks for its first name in the
 * host's namespace, where the sandbox's may be taken: hence the other name to begin with.
 */
export function createOnParent(kernel: HostKernel, opened: OpenedSandboxes, plan: MacvlanPlan | IpvlanPlan): void {
  const { endpoint } = plan;
  const inside = opened.at(plan.netnsPath);
  const { links } = kernel.route;
  const link = {
    name: endpoint.hostLink,
    lower: links.indexOf(plan.parent),
    group: LINK_GROUP,
    netnsFd: inside.netns.fd,
    ...(plan.mtu !== undefined && { mtu: mtuOnParent(kernel, plan) }),
    ...(hasOwnMac(plan) && { mac: endpoint.mac }),
  };
  if (plan.kind === "macvlan") links.createMacvlan({ ...link, mode: plan.mode });
  else links.createIpvlan({ ...link, mode: plan.mode, flag: plan.flag });
  const index = inside.route.links.indexOf(endpoint.hostLink);
  try {
    inside.route.apply([setLinkStep(index, { name: endpoint.interfaceName, alias: endpointAlias(endpoint) })]);
  } catch (error) {
    inside.route.links.delete(index);
    throw error;
  }
}

/** Bytes that a link may have now: its own, unless the parent has fewer. */
export function mtuOnParent({ route }: HostKernel, { parent, mtu }: MacvlanPlan | IpvlanPlan): number {
  return Math.min(mtu ?? Number.POSITIVE_INFINITY, route.links.get(parent).mtu);
}

/** A passthru link and one of ipvlan have their parent's MAC address, whatever they are given. */
export function hasOwnMac(link: EndpointLinkPlan): boolean {
  return link.kind === "veth" || (link.kind === "macvlan" && link.mode !== "passthru");
}

/** Those that carry our mark: what else has the name by now is somebody's. Of a namespace that is gone, the links are gone too. */
export async function deleteSandboxLinks(
  { deleter }: HostKernel,
  opened: OpenedSandboxes,
  { netnsPath, names }: Extract<Operation, { kind: "delete-sandbox-links" }>,
): Promise<void> {
  try {
    const { netns, route } = opened.at(netnsPath);
    const found = names.flatMap((name) => route.links.find(name) ?? []).filter(isMarked);
    await deleter.deleteLinksIn(
      netns,
      found.map(({ index }) => index),
    );
  } catch (error) {
    if (!(error instanceof SystemCallError && (error.errno === "ENOENT" || error.errno === "EINVAL"))) throw error;
  }
}
