import type { KernelNotification } from "../../kernel/events/mod.ts";
import { decodeNftNotification } from "../../kernel/nftables/mod.ts";
import type { Link } from "../../kernel/objects/mod.ts";
import { decodeNotification } from "../../kernel/route/mod.ts";
import type { Endpoint } from "../../model/mod.ts";
import { type LinkName, prefixAddress } from "../../net/mod.ts";
import { type EngineContext, netnsPath } from "../context.ts";
import { planBridge } from "../drivers/bridge.ts";
import { weftTable } from "../firewall/layout.ts";
import { desiredVeth, isAttached, isConfigured, ownerByAlias } from "../plan/host-plan.ts";
import type { VethPlan } from "../plan/operation.ts";
import type { Suspicion } from "./suspicion.ts";

/**
 * Adds to `suspicion` what a notification says of ours.
 *
 * Our own changes come back as notifications too, and must cause no repair: of rulesets, they carry our socket's port id; of
 * links, the state forgets what is to be deleted before the kernel does, so that only another's deletion is of a link that
 * is wanted. A link that is being made is announced before it is up and on its bridge: so one that looks wrong is looked at
 * as it is now, which our own changes, made without a pause, have brought to its end.
 *
 * @returns Whether something was added.
 */
export function notice(context: EngineContext, notification: KernelNotification, suspicion: Suspicion): boolean {
  if (notification.kind === "overrun") {
    context.occupied.forget();
    suspicion.everything = true;
    suspicion.firewall = true;
    return true;
  }
  const { message } = notification;
  if (notification.source === "nftables") {
    const change = decodeNftNotification(message);
    if (change === undefined || change.kind === "generation") return false;
    if (change.family !== weftTable.family || change.table !== weftTable.name) return false;
    if (change.portId === context.kernel.firewall.portId) return false;
    suspicion.firewall = true;
    return true;
  }
  const change = decodeNotification(message);
  if (change === undefined) return false;
  context.occupied.notice(change);
  const suspects = suspectsOf(context, change);
  for (const name of suspects) suspicion.links.add(name);
  return suspects.length > 0;
}

function suspectsOf(
  context: EngineContext,
  change: NonNullable<ReturnType<typeof decodeNotification>>,
): readonly LinkName[] {
  const { state, kernel } = context;
  switch (change.kind) {
    case "link deleted":
      return state.ownerOfLink(change.link.name) === undefined ? [] : [change.link.name];
    case "link changed": {
      if (state.ownerOfLink(change.link.name) === undefined) return renamed(context, change.link);
      if (isRight(context, change.link)) return [];
      const now = kernel.route.links.find(change.link.index);
      return now !== undefined && isRight(context, now) ? [] : [change.link.name];
    }
    case "port changed": {
      const { name, link, options } = change.port;
      const owner = name === undefined ? undefined : state.ownerOfLink(name);
      if (owner?.kind !== "endpoint" || name === undefined || options.isolated === undefined) return [];
      if (options.isolated === desiredOf(context, owner.endpoint)?.isolated) return [];
      const now = kernel.route.links.find(link);
      return now !== undefined && isRight(context, now) ? [] : [name];
    }
    case "address deleted": {
      const driver = state.networkWithGateway(prefixAddress(change.address.address))?.driver;
      return driver?.kind === "bridge" ? [driver.settings.bridge] : [];
    }
    default:
      return [];
  }
}

/** A link with our mark under a name that is not its own: it is suspect by both. */
function renamed(context: EngineContext, link: Link): readonly LinkName[] {
  const owner = ownerByAlias(context.state, link.alias);
  return owner === undefined ? [] : [link.name, owner];
}

function desiredOf(context: EngineContext, endpoint: Endpoint): VethPlan | undefined {
  return desiredVeth(context.state, endpoint, context.facts, (sandbox) => netnsPath(context, sandbox));
}

function isRight(context: EngineContext, link: Link): boolean {
  const owner = context.state.ownerOfLink(link.name);
  if (owner?.kind === "network") {
    const { driver } = owner.network;
    return driver.kind !== "bridge" || isConfigured(link, planBridge(owner.network, driver.settings, context.facts));
  }
  const veth = owner && desiredOf(context, owner.endpoint);
  if (veth === undefined) return true; // nobody's any more, or of a sandbox that is gone
  return isAttached(link, veth, link.master && context.kernel.route.links.findIndex(veth.bridge));
}
