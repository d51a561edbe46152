import { encodeArpAnnouncement, encodeNeighbourAdvertisement } from "../ethernet/mod.ts";
import type { EndpointId } from "../model/mod.ts";
import { addressFamily, type IpAddress, type Ipv4Address, type Ipv6Address, prefixAddress } from "../net/mod.ts";
import { FrameSender, openLinkSocket, readSysctl } from "../sys/mod.ts";
import { type HostKernel, openSandboxKernel, type SandboxKernel } from "./apply/host-kernel.ts";
import type { EndpointLinkPlan, VethPlan } from "./plan/operation.ts";

/**
 * Tells the neighbours of an endpoint at which MAC its addresses are. The kernel does so once, when the link comes up (sysctls
 * arp_notify and ndisc_notify). That may be lost, and an address that is handed out again must not meet a neighbour's memory of the
 * old MAC: it is told again.
 *
 * Not by setting the link's MAC again: the kernel would tell, but also forget the link's own neighbours, and drop what waits for one
 * (neigh_changeaddr() in net/core/neighbour.c). And not by a packet socket in each sandbox: to close one takes a thread as long as an RCU
 * grace period (packet_release() in net/packet/af_packet.c).
 */
export class Announcer implements Disposable {
  readonly #kernel: Pick<HostKernel, "route">;
  readonly #timers = new Map<EndpointId, ReturnType<typeof setInterval>>();
  #sender: FrameSender | undefined;

  constructor(kernel: Pick<HostKernel, "route">) {
    this.#kernel = kernel;
  }

  /** Of a link that just came up: the kernel has told once, of its own accord. */
  repeat(link: EndpointLinkPlan): void {
    this.#tell(link, link.announcements.count - 1);
  }

  /** Of a link that was up when it got an address: the kernel says nothing of that. */
  announce(link: EndpointLinkPlan): void {
    const { count } = link.announcements;
    if (count > 0 && this.#tellOnce(link)) this.#tell(link, count - 1);
  }

  forget(id: EndpointId): void {
    clearInterval(this.#timers.get(id));
    this.#timers.delete(id);
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#timers.keys()]) this.forget(id);
    this.#sender?.[Symbol.dispose]();
  }

  #tell(link: EndpointLinkPlan, times: number): void {
    const { id } = link.endpoint;
    this.forget(id);
    let left = times;
    if (left <= 0) return;
    const timer = setInterval(() => {
      left -= 1;
      if (!this.#tellOnce(link) || left === 0) this.forget(id);
    }, link.announcements.intervalMs);
    timer.unref();
    this.#timers.set(id, timer);
  }

  /** @returns Whether the endpoint is as we made it: nothing is said of somebody else's link, nor of one that another engine has. */
  #tellOnce(link: EndpointLinkPlan): boolean {
    const { netnsPath, endpoint } = link;
    if (netnsPath === undefined || !hasNeighbours(link)) return false;
    try {
      using inside = openSandboxKernel(netnsPath);
      const found = inside.route.links.find(endpoint.interfaceName);
      if (found?.mac !== endpoint.mac) return false;
      const addresses = inside.route.addresses
        .list({ link: found.index })
        .filter(({ tentative }) => !tentative)
        .map(({ address }) => prefixAddress(address));
      const frames = announcementFrames(link, addresses, isRouter(inside, link, addresses));
      if (link.kind === "veth") this.#sendToBridge(link, addresses, frames);
      else sendFrom(inside, link, frames);
      return true;
    } catch {
      return false; // the sandbox is gone
    }
  }

  /**
   * Out of the bridge itself, which passes the frames on to its ports. The host does not hear them and is told over netlink. Ports
   * that are isolated from each other hear nothing of one another, as with what the endpoint sends itself.
   */
  #sendToBridge({ bridge, isolated, endpoint }: VethPlan, addresses: readonly IpAddress[], frames: Frames): void {
    const { links, neighbours } = this.#kernel.route;
    const link = links.indexOf(bridge);
    for (const address of addresses) {
      const known = neighbours.find({ link, address });
      if (known?.mac === undefined || known.mac === endpoint.mac || known.state === "permanent") continue;
      neighbours.replace({ link, address, mac: endpoint.mac, state: "stale" });
    }
    if (isolated) return;
    this.#sender ??= new FrameSender();
    for (const frame of frames) this.#sender.send(link, frame);
  }
}

type Frames = readonly Uint8Array[];

/** On layer 3 an ipvlan link has no neighbours: all goes by the host. */
function hasNeighbours(link: EndpointLinkPlan): boolean {
  return link.kind !== "ipvlan" || link.mode === "l2";
}

function announcementFrames(
  { endpoint: { mac } }: EndpointLinkPlan,
  addresses: readonly IpAddress[],
  router: boolean,
): Frames {
  return addresses.map((address) =>
    addressFamily(address) === "ipv4"
      ? encodeArpAnnouncement(mac, address as Ipv4Address)
      : encodeNeighbourAdvertisement({ mac, address: address as Ipv6Address, router }),
  );
}

/** As the kernel has it in its own advertisements. */
function isRouter(inside: SandboxKernel, { endpoint }: EndpointLinkPlan, addresses: readonly IpAddress[]): boolean {
  if (addresses.every((address) => addressFamily(address) === "ipv4")) return false; // such a link may have no sysctls of IPv6
  let forwarding = "0";
  inside.enter(() => {
    forwarding = readSysctl(`net/ipv6/conf/${endpoint.interfaceName}/forwarding`);
  });
  return forwarding !== "0";
}

/** From the link itself, since what a parent sends reaches the outside alone: not the other sandboxes on it, nor the host's own link. */
function sendFrom({ netns }: SandboxKernel, { endpoint }: EndpointLinkPlan, frames: Frames): void {
  using socket = openLinkSocket({ netns, link: endpoint.interfaceName });
  for (const frame of frames) socket.send(frame);
}
