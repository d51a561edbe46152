import type { KernelNotification, KernelWatch, WatchedGroups } from "../../kernel/events/mod.ts";
import { decodeNftNotification } from "../../kernel/nftables/mod.ts";
import type { Link } from "../../kernel/objects/mod.ts";
import { decodeNotification } from "../../kernel/route/mod.ts";
import { prefixAddress } from "../../net/mod.ts";
import type { EngineContext } from "../context.ts";
import { weftTable } from "../firewall/layout.ts";
import { reconcile } from "./reconcile.ts";

/** What the engine asks of the kernel's notifications. */
export const watchedGroups: WatchedGroups = {
  route: ["link", "ipv4Address", "ipv6Address", "ipv4Route", "ipv6Route"],
  nftables: true,
};

/** Repairs what somebody else changes of ours, from now on until it is disposed of. */
export function watchDrift(context: EngineContext, watch: KernelWatch): Disposable {
  let pending = false;
  const repair = (): void => {
    if (pending) return; // the one that waits will see this change too
    pending = true;
    const repaired = context.changes.run(async () => {
      pending = false;
      await reconcile(context, "host");
    });
    repaired.catch((error) => context.log("error", `Cannot repair: ${error instanceof Error ? error.message : error}`));
  };
  return watch.subscribe((notification) => {
    if (concernsUs(context, notification)) repair();
  });
}

/**
 * Whether somebody touched what is ours. Our own changes come back as notifications too: of links, the state forgets what
 * is to be deleted before the kernel does, so that only another's deletion is of a link that is wanted; of rulesets, they
 * carry our socket's port id. A link that is being made is announced before it is up and on its bridge: so it is looked at
 * as it is now, which our own changes, made without a pause, have brought to its end.
 */
function concernsUs(context: EngineContext, notification: KernelNotification): boolean {
  if (notification.kind === "overrun") {
    context.occupied.forget();
    return true; // what was lost can be anything
  }
  const { message } = notification;
  if (notification.source === "nftables") {
    const change = decodeNftNotification(message);
    return (
      change !== undefined &&
      change.kind !== "generation" &&
      change.family === weftTable.family &&
      change.table === weftTable.name &&
      change.portId !== context.kernel.firewall.portId
    );
  }
  const change = decodeNotification(message);
  if (change !== undefined) context.occupied.notice(change);
  switch (change?.kind) {
    case "link deleted":
      return context.state.hasLink(change.link.name);
    case "link changed":
      return (
        context.state.hasLink(change.link.name) &&
        isOff(change.link) &&
        isOff(context.kernel.route.links.find(change.link.index))
      );
    case "address deleted":
      return context.state.hasGateway(prefixAddress(change.address.address));
    default:
      return false;
  }
}

/** Set down, taken out of its bridge, or gone. */
function isOff(link: Link | undefined): boolean {
  return link === undefined || !link.up || (link.detail.kind === "veth" && link.master === undefined);
}
