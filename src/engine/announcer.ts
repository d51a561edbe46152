import { setLinkStep } from "../kernel/route/mod.ts";
import type { EndpointId } from "../model/mod.ts";
import { openSandboxKernel } from "./apply/host-kernel.ts";
import type { EndpointLinkPlan } from "./plan/operation.ts";

/**
 * Repeats what an endpoint said when its link came up: at which MAC its addresses are. The first may be lost, and an address that
 * is handed out again must not meet a neighbour's memory of the old MAC.
 *
 * The kernel itself says it (sysctls arp_notify and ndisc_notify) whenever the MAC is set, also to what it is. A packet socket of
 * ours could say it too, but closing one blocks for as long as an RCU grace period takes (packet_release() in net/packet/af_packet.c).
 */
export class Announcer implements Disposable {
  readonly #timers = new Map<EndpointId, ReturnType<typeof setInterval>>();

  /** The kernel has told once, of its own accord. */
  repeat(link: EndpointLinkPlan): void {
    const { count, intervalMs } = link.announcements;
    const { id } = link.endpoint;
    this.forget(id);
    let left = count - 1;
    if (left <= 0) return;
    const timer = setInterval(() => {
      const outcome = announce(link);
      if (outcome !== "busy") left -= 1; // then with the next one
      if (outcome === "gone" || left === 0) this.forget(id);
    }, intervalMs);
    timer.unref();
    this.#timers.set(id, timer);
  }

  forget(id: EndpointId): void {
    clearInterval(this.#timers.get(id));
    this.#timers.delete(id);
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#timers.keys()]) this.forget(id);
  }
}

/**
 * With the MAC the kernel forgets whom it knows on the link, and packets that wait for somebody's answer (neigh_changeaddr() in
 * net/core/neighbour.c): so not while there are any.
 *
 * @returns `gone` when the endpoint is not as we made it: nobody else's link is touched, nor one that another engine has.
 */
function announce({ netnsPath, endpoint: { interfaceName, mac } }: EndpointLinkPlan): "told" | "busy" | "gone" {
  if (netnsPath === undefined) return "gone";
  try {
    using inside = openSandboxKernel(netnsPath);
    const link = inside.route.links.find(interfaceName);
    if (link?.mac !== mac) return "gone";
    if (inside.route.neighbours.list({ link: link.index }).some(({ state }) => state === "incomplete")) return "busy";
    inside.route.apply([setLinkStep(link.index, { mac })]);
    return "told";
  } catch {
    return "gone";
  }
}
