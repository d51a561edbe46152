import { type LinkIndex, LOCAL_TABLE, LOOPBACK_INDEX, MAIN_TABLE } from "../../kernel/objects/mod.ts";
import {
  createBridgeStep,
  createVethStep,
  deleteAddressStep,
  deleteRouteStep,
  fixBridgeMtuChanges,
  type LinkChanges,
  type RouteClient,
  replaceAddressStep,
  replaceRouteStep,
  type Step,
  setLinkStep,
  setLinkSteps,
} from "../../kernel/route/mod.ts";
import { unreachable } from "../../lib/mod.ts";
import { endpointSysctlPath, heldLease, LINK_GROUP, parseEndpointOptions } from "../../model/mod.ts";
import { type InterfaceAddress, type LinkName, parseIpPrefix, prefixFamily } from "../../net/mod.ts";
import { KernelError } from "../../netlink/connection/mod.ts";
import { bindNetns, createNetns, SystemCallError, unbindNetns, writeSysctl } from "../../sys/mod.ts";
import { endpointAlias, networkLinkAlias } from "../plan/host-plan.ts";
import type {
  BridgePlan,
  DefaultRoutePlan,
  EndpointLinkPlan,
  NetworkLinkPlan,
  Operation,
  VethPlan,
} from "../plan/operation.ts";
import { endpointAddresses } from "../plan/sandbox-plan.ts";
import type { OpenedSandboxes } from "./apply-plan.ts";
import type { HostKernel, SandboxKernel } from "./host-kernel.ts";
import { lifetime, routeAsLeased } from "./leased-address.ts";
import {
  configureHostLink,
  configureParent,
  createHostLink,
  createOnParent,
  createParent,
  deleteSandboxLinks,
  hasOwnMac,
  mtuOnParent,
} from "./on-parent.ts";
import { WEFT_PROTOCOL } from "./weft-protocol.ts";

/** One operation, whole or not at all: what a failing one has begun, it takes back. */
export async function performOperation(
  kernel: HostKernel,
  opened: OpenedSandboxes,
  operation: Operation,
): Promise<void> {
  switch (operation.kind) {
    case "create-netns":
      return makeNetns(opened, operation.path);
    case "delete-netns":
      opened.close(operation.path);
      return unbindNetns(operation.path);
    case "enable-forwarding":
      return writeSysctl(FORWARDING[operation.family], "1");
    case "create-network-link":
      return await createNetworkLink(kernel, operation.link);
    case "configure-network-link":
      return configureNetworkLink(kernel, operation.link);
    case "create-endpoint-link": {
      const { link } = operation;
      return link.kind === "veth" ? await createVeth(kernel, opened, link) : createOnParent(kernel, opened, link);
    }
    case "attach-veth":
      return kernel.route.apply(
        setLinkSteps(operation.veth.endpoint.hostLink, {
          master: kernel.route.links.indexOf(operation.veth.bridge),
          mtu: operation.veth.mtu,
          ...hostEnd(operation.veth),
        }),
      );
    case "configure-endpoint":
      return configureEndpoint(kernel, opened, operation);
    case "set-default-route":
      return setDefaultRoute(opened, operation.route);
    case "delete-links": {
      const found = operation.names.flatMap((name) => kernel.route.links.findIndex(name) ?? []);
      return await kernel.deleter.deleteLinks(found);
    }
    case "delete-sandbox-links":
      return await deleteSandboxLinks(kernel, opened, operation);
    case "change-firewall":
      return kernel.firewall.change(operation);
    case "install-firewall":
      return kernel.firewall.install(operation.elements);
    default:
      return unreachable(operation);
  }
}

function makeNetns(opened: OpenedSandboxes, path: string): void {
  using netns = createNetns();
  bindNetns(netns, path);
  try {
    const inside = opened.at(path);
    inside.enter(() => {
      // As containers have it: whoever is root in a sandbox is alone there, and ping needs no privilege.
      writeSysctl("net/ipv4/ip_unprivileged_port_start", "0");
      writeSysctl("net/ipv4/ping_group_range", "0 2147483647");
    });
    inside.route.apply([setLinkStep(LOOPBACK_INDEX, { up: true })]);
  } catch (error) {
    opened.close(path);
    unbindNetns(path);
    throw error;
  }
}

async function createNetworkLink(kernel: HostKernel, link: NetworkLinkPlan): Promise<void> {
  switch (link.kind) {
    case "bridge":
      kernel.route.apply([createBridgeStep({ name: link.name, mtu: link.mtu, mac: link.mac, group: LINK_GROUP })]);
      break;
    case "parent":
      createParent(kernel, link);
      break;
    case "host-link":
      createHostLink(kernel, link);
      break;
    default:
      unreachable(link);
  }
  try {
    configureNetworkLink(kernel, link);
  } catch (error) {
    await kernel.deleter.deleteLinks([kernel.route.links.indexOf(link.name)]);
    throw error;
  }
}

function configureNetworkLink(kernel: HostKernel, link: NetworkLinkPlan): void {
  if (link.kind === "bridge") configureBridge(kernel, link);
  else if (link.kind === "parent") configureParent(kernel, link);
  else configureHostLink(kernel, link);
}

function configureBridge(kernel: HostKernel, bridge: BridgePlan): void {
  const index = kernel.route.links.indexOf(bridge.name);
  letLoopbackOut(bridge.name);
  writeSysctl(`net/ipv6/conf/${bridge.name}/disable_ipv6`, bridge.ipv6 ? "0" : "1");
  if (bridge.ipv6) {
    writeSysctl(`net/ipv6/conf/${bridge.name}/accept_ra`, "0");
    // The host asks for a sandbox's neighbour entry by its link-local address. While that is being looked for twice, for one to
    // two seconds, nothing would be forwarded to the sandbox; and the MAC it is made of is ours alone.
    writeSysctl(`net/ipv6/conf/${bridge.name}/accept_dad`, "0");
  }
  const [otherMtu, mtu] = fixBridgeMtuChanges(bridge.mtu);
  kernel.route.apply([
    ...bridge.addresses.map((address) =>
      replaceAddressStep({ link: index, address, noDad: prefixFamily(address) === "ipv6" }),
    ),
    setLinkStep(index, otherMtu),
    setLinkStep(index, { up: true, alias: networkLinkAlias(bridge), ...mtu }),
    ...(bridge.ipv6 ? [loopbackAnswersStep(index)] : []),
  ]);
}

/** Ports published on 127.0.0.1 are led out to the bridge; the firewall's guard keeps what comes in from loopback addresses. */
function letLoopbackOut(bridge: LinkName): void {
  writeSysctl(`net/ipv4/conf/${bridge}/route_localnet`, "1");
}

/**
 * What `route_localnet` is for IPv4: answers to a question that the host asked from ::1 are the host's, though they come in by
 * the bridge (rt6_need_strict() in net/ipv6/route.c looks for a route of that very link). The metric leaves ::1 itself with lo,
 * and is another for each bridge, or the kernel would take two of them for one. Frames that come with that address are dropped
 * long before (ip6_rcv_core()).
 */
function loopbackAnswersStep(link: LinkIndex): Step {
  const destination = parseIpPrefix("::1/128");
  return replaceRouteStep({
    destination,
    type: "local",
    table: LOCAL_TABLE,
    priority: 1024 + link,
    nextHops: [{ link }],
  });
}

/**
 * Else the kernel makes as many as there are processors, each with an entry in sysfs, which takes longer than the link itself
 * on a large host; veth_xmit() in drivers/net/veth.c uses none of them as long as nobody loads an XDP program.
 */
const ONE_QUEUE = { txQueues: 1, rxQueues: 1 } as const;

async function createVeth(kernel: HostKernel, opened: OpenedSandboxes, veth: VethPlan): Promise<void> {
  const { endpoint, mtu } = veth;
  const master = kernel.route.links.indexOf(veth.bridge);
  if (veth.isBridgeFound) letLoopbackOut(veth.bridge);
  const peer = {
    ...{ name: endpoint.interfaceName, mac: endpoint.mac, mtu, ...ONE_QUEUE },
    ...(veth.netnsPath !== undefined && { netnsFd: opened.at(veth.netnsPath).netns.fd }),
  };
  const create = [createVethStep({ name: endpoint.hostLink, mtu, master, group: LINK_GROUP, ...ONE_QUEUE, peer })];
  try {
    kernel.route.apply(create);
  } catch (error) {
    if (!(error instanceof KernelError && error.errno === "EEXIST" && dropWidow(opened, veth))) throw error;
    kernel.route.apply(create);
  }
  try {
    const { port, ...changes } = hostEnd(veth);
    // A new port has neither switch on, and saying so is a quarter of what this request costs.
    const isPlain = !port.isolated && !port.hairpin;
    kernel.route.apply(setLinkSteps(endpoint.hostLink, isPlain ? changes : { ...changes, port }));
  } catch (error) {
    await kernel.deleter.deleteLinks([kernel.route.links.indexOf(endpoint.hostLink)]);
    throw error;
  }
}

/**
 * A sandbox's end whose other end somebody moved to another namespace lives on, and would be in the way of a new pair.
 * Only one with the endpoint's own MAC address is ours to delete.
 */
function dropWidow(opened: OpenedSandboxes, { endpoint, netnsPath }: VethPlan): boolean {
  if (netnsPath === undefined) return false;
  const { links } = opened.at(netnsPath).route;
  const found = links.find(endpoint.interfaceName);
  if (found?.detail.kind !== "veth" || found.mac !== endpoint.mac) return false;
  links.delete(found.index);
  return true;
}

/** The host's end: a port of the bridge without addresses of its own. */
function hostEnd(veth: VethPlan) {
  return {
    up: true,
    alias: endpointAlias(veth.endpoint),
    ipv6AddressGeneration: "none",
    port: { isolated: veth.isolated, hairpin: veth.hairpin },
  } satisfies LinkChanges;
}

function configureEndpoint(
  kernel: HostKernel,
  opened: OpenedSandboxes,
  { link, state, withdrawn = [] }: Extract<Operation, { kind: "configure-endpoint" }>,
): void {
  const { endpoint, netnsPath, announcements } = link;
  if (netnsPath === undefined) return; // whoever takes it configures it
  const inside = opened.at(netnsPath);
  const { interfaceName } = endpoint;
  const addresses = endpointAddresses(endpoint);
  const ipv6 = addresses.some((address) => prefixFamily(address) === "ipv6");
  inside.enter(() => {
    writeSysctl(`net/ipv6/conf/${interfaceName}/disable_ipv6`, ipv6 ? "0" : "1");
    // Neighbours that knew the address at another MAC hear of the new one as soon as the link is up.
    const announces = announcements.count > 0 ? "1" : "0";
    writeSysctl(`net/ipv4/conf/${interfaceName}/arp_notify`, announces);
    if (ipv6) {
      writeSysctl(`net/ipv6/conf/${interfaceName}/ndisc_notify`, announces);
      writeSysctl(`net/ipv6/conf/${interfaceName}/accept_ra`, "0");
      writeSysctl(`net/ipv6/conf/${interfaceName}/accept_dad`, "0");
    }
    // Last: what somebody asked for counts.
    for (const sysctl of parseEndpointOptions(endpoint.driverOptions).sysctls)
      writeAskedSysctl(endpointSysctlPath(sysctl, interfaceName), sysctl.value);
  });
  const index = inside.route.links.indexOf(interfaceName);
  inside.route.apply([
    // Before the link is up: the announcement is of the addresses that it has then.
    ...addresses.map((address) =>
      replaceAddressStep({
        link: index,
        address,
        noDad: prefixFamily(address) === "ipv6",
        ...(endpoint.linkLocalAddresses.includes(address) && { scope: "link" }),
        ...(endpoint.lease?.address === address && lifetime(endpoint.lease)),
      }),
    ),
    setLinkStep(index, { up: true, ...(state === "found" && foundChanges(kernel, inside, link)) }),
  ]);
  if (withdrawn.length > 0) withdraw(inside.route, index, withdrawn);
  const lease = heldLease(endpoint);
  if (lease !== undefined) routeAsLeased(inside.route, index, lease);
}

/** @throws {SyntaxError} when it is the asker's mistake: a sysctl that is not there, or a value that it does not take. */
function writeAskedSysctl(path: string, value: string): void {
  try {
    writeSysctl(path, value);
  } catch (error) {
    if (!(error instanceof SystemCallError) || !["ENOENT", "EINVAL"].includes(error.errno)) throw error;
    const wanted = error.errno === "ENOENT" ? "this kernel has no such sysctl" : "the kernel does not take that value";
    throw new SyntaxError(`Cannot set sysctl ${path} to ${JSON.stringify(value)}: ${wanted}`, { cause: error });
  }
}

/** Another may have taken them away already, and the kernel does when a lease ends. */
function withdraw(route: RouteClient, link: LinkIndex, addresses: readonly InterfaceAddress[]): void {
  const present = new Set(route.addresses.list({ link }).map(({ address }) => address));
  route.apply(addresses.filter((address) => present.has(address)).map((address) => deleteAddressStep(link, address)));
}

/**
 * What somebody may have changed on a link that was found: a new one has it from its making. A MAC address that is right is not
 * set: the link would forget its neighbours, and what waits for one of them would be lost (neigh_changeaddr() in net/core/neighbour.c).
 */
function foundChanges(kernel: HostKernel, inside: SandboxKernel, link: EndpointLinkPlan): LinkChanges {
  const { mac, interfaceName } = link.endpoint;
  const mtu = link.kind === "veth" ? link.mtu : mtuOnParent(kernel, link);
  const isOther = hasOwnMac(link) && inside.route.links.get(interfaceName).mac !== mac;
  return { mtu, ...(isOther && { mac }) };
}

function setDefaultRoute(opened: OpenedSandboxes, { sandbox, netnsPath, family, via }: DefaultRoutePlan): void {
  const { route } = opened.at(netnsPath);
  const destination = parseIpPrefix(family === "ipv4" ? "0.0.0.0/0" : "::/0");
  const isForeign = sandbox.namespace.kind === "foreign";
  const present =
    isForeign || via === undefined
      ? route.routes
          .list({ family })
          .filter((candidate) => candidate.destination === destination && candidate.table === MAIN_TABLE)
      : [];
  if (via === undefined) {
    route.apply(
      present
        .filter(({ protocol }) => protocol === WEFT_PROTOCOL)
        .map(({ table, priority, protocol }) => deleteRouteStep({ destination, table, priority, protocol })),
    );
    return;
  }
  // Somebody else's namespace keeps the way out that it came with.
  if (isForeign && present.some(({ protocol }) => protocol !== WEFT_PROTOCOL)) return;
  const link = route.links.indexOf(via.link);
  const nextHops = [{ link, ...(via.gateway !== undefined && { gateway: via.gateway }) }];
  route.apply([replaceRouteStep({ destination, nextHops, protocol: WEFT_PROTOCOL })]);
}

export const FORWARDING = { ipv4: "net/ipv4/ip_forward", ipv6: "net/ipv6/conf/all/forwarding" } as const;
