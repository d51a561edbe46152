import { type Link, type LinkIndex, MAIN_TABLE } from "../kernel/objects/mod.ts";
import { createMacvlanStep, deleteLinkStep, RouteTableClient, setLinkStep } from "../kernel/route/mod.ts";
import { type LinkName, type MacAddress, parseLinkName, prefixLength } from "../net/mod.ts";
import { KernelError } from "../netlink/connection/mod.ts";
import type { Netns } from "../sys/mod.ts";
import { NetworkKernel } from "./apply/host-network.ts";
import { awaitReady, type ContainerRoute, configureInside } from "./apply/pair.ts";
import {
  type AttachedAddress,
  type AttachmentAddresses,
  completeRoutes,
  decideAddresses,
  openContainer,
  randomHostLink,
  randomMac,
} from "./attach-bridge.ts";
import { AttachmentError } from "./attachment-error.ts";
import type { InsideLink } from "./container-link.ts";
import { formatAlias, type Owner } from "./owner.ts";
import { makePart, type Workplace } from "./parts.ts";

export type MacvlanMode = "bridge" | "private" | "vepa" | "passthru";

export interface MacvlanAttachmentWish {
  readonly netnsPath: string;
  /** The link that it lies on; absent: the one with the default route. */
  readonly master?: LinkName;
  /** The master is in the container. */
  readonly masterInside: boolean;
  readonly mode: MacvlanMode;
  readonly mac?: MacAddress;
  /** Bytes; default: the master's. */
  readonly mtu?: number;
  readonly detectDuplicates: boolean;
  readonly addresses: AttachmentAddresses;
  readonly routes: readonly ContainerRoute[];
  /** Default routes by way of the gateways. */
  readonly isDefaultGateway: boolean;
}

export interface MacvlanAttachment {
  readonly container: { readonly name: LinkName; readonly mac: MacAddress };
  readonly addresses: readonly AttachedAddress[];
  readonly routes: readonly ContainerRoute[];
}

/**
 * Gives a container a link of its own on the LAN that a link of the host is on. The host has no end of it: what the container sends
 * passes neither the host's routes nor its filters. On failure nothing is left.
 *
 * @throws {AttachmentError}
 */
export async function attachToParent(
  workplace: Workplace,
  owner: Owner,
  wish: MacvlanAttachmentWish,
): Promise<MacvlanAttachment> {
  const ifname = parseLinkName(owner.ifname);
  using netns = openContainer(wish.netnsPath);
  using inside = new NetworkKernel({ netns });
  const lowerKernel = wish.masterInside ? inside : workplace.host;
  const master = findMaster(lowerKernel, wish);
  // The kernel looks for a link's first name in the sender's namespace, where the container's may be taken.
  const first = randomHostLink();
  const alias = formatAlias(owner);
  const link: InsideLink = { netnsPath: wish.netnsPath, names: [first, ifname], alias };
  let mac = wish.mac ?? randomMac();
  const { addresses, routes } = await makePart(workplace, owner, "link", {
    decide: () => {
      const attached = decideAddresses(workplace.store, owner, wish.addresses, { wantsGateway: false });
      return {
        addresses: attached,
        routes: completeRoutes(attached, wish.routes, wish),
        ...{ links: [], elements: [], facts: { inside: link } },
      };
    },
    act: (plan) => {
      mac = createInside({ lowerKernel, inside, netns }, { ...wish, master, first, ifname, alias, mac });
      const addresses = plan.addresses.map(({ address }) => address);
      configureInside(inside, netns, {
        ...{ ifname, addresses, routes: plan.routes, detectDuplicates: wish.detectDuplicates },
      });
      // Where the master carries nothing, its links will not either.
      if (master.operState === "up") awaitReady({ host: inside, inside }, ifname, addresses);
    },
  });
  return { container: { name: ifname, mac }, addresses, routes };
}

function findMaster(kernel: NetworkKernel, { master: name, masterInside, mtu }: MacvlanAttachmentWish): Link {
  const where = masterInside ? "the container" : "the host";
  const link = name === undefined ? findDefaultLink(kernel) : kernel.links.find(name);
  if (link === undefined) {
    const what = name === undefined ? "default route" : `link ${name}`;
    throw new AttachmentError("invalid", `master: ${where} has no ${what}, want the name of a link that it has`);
  }
  if (mtu !== undefined && mtu > link.mtu) {
    throw new AttachmentError("invalid", `mtu: ${mtu} is more than ${link.name} has, want at most ${link.mtu}`);
  }
  return link;
}

/** Of the default route that is used: IPv4's before IPv6's. */
function findDefaultLink(kernel: NetworkKernel): Link | undefined {
  const [route] = new RouteTableClient(kernel.route)
    .list({ table: MAIN_TABLE })
    .filter(({ destination, type }) => prefixLength(destination) === 0 && type === "unicast")
    .sort((one, two) => (one.family === two.family ? one.priority - two.priority : one.family === "ipv4" ? -1 : 1));
  const index = route?.nextHops.find(({ link }) => link !== undefined)?.link;
  return index === undefined ? undefined : kernel.links.find(index);
}

interface InsideKernels {
  readonly lowerKernel: NetworkKernel;
  readonly inside: NetworkKernel;
  readonly netns: Netns;
}

interface InsideMacvlan {
  readonly master: Link;
  readonly mode: MacvlanMode;
  readonly mac: MacAddress;
  readonly mtu?: number;
  readonly first: LinkName;
  readonly ifname: LinkName;
  readonly alias: string;
}

/** @returns The MAC address: one of mode passthru has its master's. */
function createInside({ lowerKernel, inside, netns }: InsideKernels, wish: InsideMacvlan): MacAddress {
  const { master, mode, mac, mtu, first, ifname, alias } = wish;
  create(lowerKernel, master, {
    ...{ name: first, lower: master.index, mode, netnsFd: netns.fd, mac },
    ...(mtu !== undefined && { mtu }),
  });
  const made = inside.links.glance(first);
  if (made?.mac === undefined) throw new Error(`Cannot find macvlan ${first}: somebody took it away`);
  try {
    inside.apply([setLinkStep(made.index, { name: ifname, alias })]);
  } catch (error) {
    inside.attempt([deleteLinkStep(made.index)]);
    if (!(error instanceof KernelError && error.errno === "EEXIST")) throw error;
    throw new AttachmentError("exists", `the container has a link ${ifname} already, want another CNI_IFNAME`);
  }
  return made.mac;
}

function create(
  kernel: NetworkKernel,
  master: Link,
  link: Parameters<typeof createMacvlanStep>[0] & { readonly lower: LinkIndex },
): void {
  try {
    kernel.apply([createMacvlanStep(link)]);
  } catch (error) {
    const why = error instanceof KernelError ? refusals[error.errno] : undefined;
    if (why === undefined) throw error;
    throw new AttachmentError("invalid", `master: ${master.name} takes no macvlan of mode ${link.mode}: ${why}`);
  }
}

/** Source: macvlan_common_newlink() and netdev_rx_handler_register() of the kernel. */
const refusals: Readonly<Record<string, string>> = {
  EBUSY: "it is the port of a bridge, or passthru holds it",
  EINVAL: "it carries no Ethernet frames, or has other links, which passthru does not bear",
  EOPNOTSUPP: "this kernel has no macvlan",
};
