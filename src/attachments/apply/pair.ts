import { type LinkIndex, parseLinkIndex } from "../../kernel/objects/mod.ts";
import {
  addAddressStep,
  appendRouteStep,
  createVethStep,
  type LinkChanges,
  RouteTableClient,
  replaceNeighbourStep,
  type Step,
  setLinkStep,
  setLinkSteps,
} from "../../kernel/route/mod.ts";
import {
  type InterfaceAddress,
  type IpAddress,
  type IpPrefix,
  type LinkName,
  type MacAddress,
  prefixAddress,
  prefixFamily,
} from "../../net/mod.ts";
import { KernelError } from "../../netlink/connection/mod.ts";
import { inNetns, type Netns, nap } from "../../sys/mod.ts";
import { AttachmentError } from "../attachment-error.ts";
import { trySysctl } from "./bridge.ts";
import type { NetworkKernel } from "./host-network.ts";

export interface PairWish {
  readonly hostLink: LinkName;
  readonly hostMac: MacAddress;
  readonly ifname: LinkName;
  readonly mac: MacAddress;
  readonly mtu?: number;
  readonly alias: string;
  readonly netns: Netns;
  /** The bridge whose port the host's end becomes, and how it behaves there. */
  readonly port?: { readonly bridge: LinkIndex; readonly hairpin: boolean; readonly isolated: boolean };
}

/** One queue: else the kernel makes as many as there are processors, which takes longer than the link itself. */
const ONE_QUEUE = { txQueues: 1, rxQueues: 1 } as const;

/**
 * Makes a pair of links, one end in the namespace from the start.
 *
 * @throws {AttachmentError} `exists`
 */
export function createPair(host: NetworkKernel, wish: PairWish): void {
  const { hostLink, ifname, mtu, port } = wish;
  const size = mtu !== undefined && { mtu };
  try {
    host.apply([
      createVethStep({
        ...{ name: hostLink, index: farIndex(), mac: wish.hostMac, ...size, ...ONE_QUEUE },
        ...(port !== undefined && { master: port.bridge }),
        peer: { name: ifname, mac: wish.mac, netnsFd: wish.netns.fd, ...size, ...ONE_QUEUE },
      }),
    ]);
  } catch (error) {
    if (!(error instanceof KernelError && error.errno === "EEXIST")) throw error;
    throw new AttachmentError("exists", `the container has a link ${ifname} already, want another CNI_IFNAME`);
  }
  const changes: LinkChanges = { up: true, alias: wish.alias, ipv6AddressGeneration: "none" };
  const isPlain = port === undefined || (!port.hairpin && !port.isolated);
  host.apply(
    setLinkSteps(
      hostLink,
      isPlain ? changes : { ...changes, port: { hairpin: port.hairpin, isolated: port.isolated } },
    ),
  );
}

/**
 * Far above the numbers that the kernel hands out, which begin at 1 in each namespace: where both ends of a pair have the same,
 * linkwatch_urgent_event() in net/core/link_watch.c takes them for no pair, and the link carries nothing for up to a second.
 */
function farIndex(): LinkIndex {
  return parseLinkIndex(1_000_000 + Math.floor(Math.random() * 0x4000_0000));
}

export interface ContainerRoute {
  readonly destination: IpPrefix;
  readonly gateway?: IpAddress;
  /** `link` for a next hop that is behind no gateway. */
  readonly scope?: number;
  readonly mtu?: number;
  readonly advertisedMss?: number;
  readonly priority?: number;
  readonly table?: number;
  /** The gateway is on the link, whatever the addresses say. */
  readonly onlink?: boolean;
}

export interface InsideWish {
  readonly ifname: LinkName;
  readonly addresses: readonly InterfaceAddress[];
  readonly routes: readonly ContainerRoute[];
  /** Whether IPv6 addresses wait until nobody else has them. */
  readonly detectDuplicates: boolean;
  /** The subnets of the addresses are reached by `routes` alone. */
  readonly noPrefixRoutes?: boolean;
  /** Entries that nobody is asked for. */
  readonly neighbours?: readonly { readonly address: IpAddress; readonly mac: MacAddress }[];
}

/** Addresses, state and routes of the container's end. */
export function configureInside(inside: NetworkKernel, netns: Netns, wish: InsideWish): void {
  const { ifname, addresses, routes, noPrefixRoutes: noPrefixRoute = false, neighbours = [] } = wish;
  const ipv6 = addresses.some((address) => prefixFamily(address) === "ipv6");
  inNetns(netns, () => {
    // Neighbours that knew the address at another MAC hear of the new one as soon as the link is up.
    trySysctl(`net/ipv4/conf/${ifname}/arp_notify`, "1");
    if (!ipv6) return;
    trySysctl(`net/ipv6/conf/${ifname}/disable_ipv6`, "0");
    trySysctl(`net/ipv6/conf/${ifname}/keep_addr_on_down`, "1");
    trySysctl(`net/ipv6/conf/${ifname}/ndisc_notify`, "1");
    if (!wish.detectDuplicates) trySysctl(`net/ipv6/conf/${ifname}/accept_dad`, "0");
  });
  const link = inside.findIndex(ifname);
  if (link === undefined) throw new Error(`Cannot configure ${ifname}: somebody took it away`);
  const steps = [
    ...addresses.map((address) =>
      addAddressStep({
        link,
        address,
        noPrefixRoute,
        noDad: prefixFamily(address) === "ipv6" && !wish.detectDuplicates,
      }),
    ),
    setLinkStep(link, { up: true }),
    ...neighbours.map((neighbour) => replaceNeighbourStep({ link, ...neighbour })),
  ];
  const outcomes = inside.attempt([...steps, ...routes.map((route) => routeStep(link, route))]);
  const refused = outcomes.find((error, index) => error !== undefined && !(index >= steps.length && isThere(error)));
  if (refused !== undefined) throw refused;
}

/** A route that was asked for twice, word for word. */
function isThere({ errno }: KernelError): boolean {
  return errno === "EEXIST";
}

/** Behind the routes that another attachment of the container has to the same destination: the first wins while it stays. */
function routeStep(link: LinkIndex, route: ContainerRoute): Step {
  const { destination, gateway, onlink, scope, ...rest } = route;
  return appendRouteStep({
    destination,
    ...rest,
    ...(scope !== undefined && { scope }),
    nextHops: [{ link, ...(gateway !== undefined && { gateway }), ...(onlink === true && { onlink }) }],
  });
}

const PATIENCE_MS = 2000;
const NAP_MICROSECONDS = 100;

/**
 * Waits for what the kernel does in work queues, mostly before somebody looks: the host's end sends once the carrier that came with the
 * other end is heeded, and an IPv6 address takes packets once its detection of duplicates was begun, if only to be skipped. Until then
 * the kernel drops what is sent. A host that is too busy for it keeps nobody from his answer.
 */
export function awaitReady(
  { host, inside }: { readonly host: NetworkKernel; readonly inside: NetworkKernel },
  hostLink: LinkName,
  addresses: readonly InterfaceAddress[],
): void {
  const routes = new RouteTableClient(inside.route);
  const deadline = performance.now() + PATIENCE_MS;
  while (host.links.glance(hostLink)?.operState !== "up" || !addresses.every((address) => isTaken(routes, address))) {
    if (performance.now() > deadline) return;
    nap(NAP_MICROSECONDS);
  }
}

function isTaken(routes: RouteTableClient, address: InterfaceAddress): boolean {
  if (prefixFamily(address) === "ipv4") return true;
  try {
    return routes.get({ destination: prefixAddress(address) }).type === "local";
  } catch (error) {
    if (error instanceof KernelError) return false; // no route leads there
    throw error;
  }
}
