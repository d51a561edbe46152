import type { KernelNotification } from "../../kernel/events/mod.ts";
import { decodeNftNotification } from "../../kernel/nftables/mod.ts";
import type { Link, LinkIndex } from "../../kernel/objects/mod.ts";
import {
  decodeNotification,
  type MentionedLink,
  mentionedLink,
  type RouteNotification,
} from "../../kernel/route/mod.ts";
import { type Endpoint, LINK_ALIAS_MARK } from "../../model/mod.ts";
import { isDefaultRoute, type LinkName, makePrefix, prefixAddress, prefixLength } from "../../net/mod.ts";
import { type EngineContext, netnsPath } from "../context.ts";
import { networkLinkNames } from "../drivers/driver.ts";
import { weftTable } from "../firewall/layout.ts";
import type { DesiredState } from "../plan/desired.ts";
import { desiredEndpointLink, desiredNetworkLinks, isAttached, isConfigured, ownerByAlias } from "../plan/host-plan.ts";
import type { EndpointLinkPlan } from "../plan/operation.ts";
import type { Suspicion } from "./suspicion.ts";

/** What notifications have told since it was last acted upon. */
export interface Noticed {
  suspicion: Suspicion;
  /** Links that are ours, carry our mark, or are parents of sandboxes' links, and changed: to be looked at. */
  readonly touched: Map<LinkIndex, MentionedLink>;
  /** Parents as they were when they were last looked at: only another number or MTU concerns what lies on them. */
  readonly parents: Map<LinkName, Pick<Link, "index" | "mtu">>;
}

/**
 * Adds to `noticed` what a notification says of ours.
 *
 * Our own changes come back as notifications too, and must cause no repair: of rulesets, they carry our socket's port id; of
 * links, the state forgets what is to be deleted before the kernel does, so that only another's deletion is of a link that
 * is wanted. Of a link that changed, the notification says too little and comes too often, a dozen times for each change of
 * ours: it is remembered as touched, and `lookAt` sees how it is once things have come to rest.
 *
 * @returns Whether the suspicion grew.
 */
export function notice(context: EngineContext, notification: KernelNotification, noticed: Noticed): boolean {
  const { suspicion } = noticed;
  if (notification.kind === "overrun") {
    context.hostWatch.suspectRules();
    context.occupied.forget();
    suspicion.everything = true;
    suspicion.firewall = true;
    return true;
  }
  const { message } = notification;
  if (notification.source === "nftables") {
    // Both before the bytes are read: of a table with thousands of elements that is flushed or installed, each is told of.
    if (message.portId === context.kernel.firewall.portId) return false;
    if (suspicion.firewall) {
      context.hostWatch.suspectRules();
      return false;
    }
    const change = decodeNftNotification(message);
    if (change === undefined || change.kind === "generation") return false;
    if (change.family !== weftTable.family || change.table !== weftTable.name) {
      context.hostWatch.suspectRules();
      return false;
    }
    suspicion.firewall = true;
    return true;
  }
  const link = mentionedLink(message);
  if (link !== undefined) {
    context.hostWatch.suspect();
    return noticeLink(context, link, noticed);
  }
  const change = decodeNotification(message);
  if (change === undefined) return false;
  context.occupied.notice(change);
  if (concernsNetworks(context, change)) context.hostWatch.suspect();
  if (change.kind !== "address deleted") return false;
  const network = context.state.networkWithHostAddress(prefixAddress(change.address.address));
  if (network === undefined) return false;
  for (const name of networkLinkNames(network)) suspicion.links.add(name);
  return true;
}

/** A default route, or space of one of our networks: a router learns thousands of other routes. */
function concernsNetworks({ state }: EngineContext, change: RouteNotification): boolean {
  const prefix =
    "route" in change
      ? change.route.destination
      : "address" in change
        ? makePrefix(prefixAddress(change.address.address), prefixLength(change.address.address))
        : undefined;
  return prefix !== undefined && (isDefaultRoute(prefix) || state.overlapsSubnet(prefix));
}

function noticeLink({ state, occupied }: EngineContext, link: MentionedLink, noticed: Noticed): boolean {
  const { suspicion, touched, parents } = noticed;
  // With another's link its routes go, too: of those of IPv4 the kernel tells nobody.
  if (link.event === "deleted" && link.alias?.startsWith(LINK_ALIAS_MARK) !== true) occupied.forget();
  if (link.event === "changed" && isWanted(state, link)) touched.set(link.index, link);
  if (link.event === "deleted") parents.delete(link.name); // and the kernel all that lay on it
  if (link.event !== "deleted" || state.ownerOfLink(link.name) === undefined) return false;
  suspicion.links.add(link.name);
  return true;
}

function isWanted(state: DesiredState, { name, alias }: Pick<MentionedLink, "name" | "alias">): boolean {
  return (
    state.ownerOfLink(name) !== undefined ||
    ownerByAlias(state, alias) !== undefined ||
    state.networksOnParent(name).length > 0
  );
}

/**
 * What a link that changed is suspected of, from how it is now. A link that is gone has told of that itself, and at one that we
 * delete meanwhile nobody looks: the kernel would let this thread wait until it has done so.
 */
export function lookAt(
  context: EngineContext,
  mentioned: MentionedLink,
  parents: Noticed["parents"],
): readonly LinkName[] {
  if (!isWanted(context.state, mentioned)) return [];
  const link = context.kernel.route.links.find(mentioned.index);
  if (link === undefined) return [];
  if (context.state.networksOnParent(link.name).length > 0 && isAnotherParent(link, parents)) return [link.name];
  if (context.state.ownerOfLink(link.name) === undefined) return renamed(context, link);
  return isRight(context, link) ? [] : [link.name];
}

/** Whether what lies on a parent has to be looked at; the parent as it is now is remembered. */
function isAnotherParent({ name, index, mtu }: Link, parents: Noticed["parents"]): boolean {
  const before = parents.get(name);
  parents.set(name, { index, mtu });
  return before?.index !== index || before.mtu !== mtu;
}

/** A link with our mark under a name that is not its own: it is suspect by both. */
function renamed(context: EngineContext, link: Link): readonly LinkName[] {
  const owner = ownerByAlias(context.state, link.alias);
  return owner === undefined ? [] : [link.name, owner];
}

function desiredOf(context: EngineContext, endpoint: Endpoint): EndpointLinkPlan | undefined {
  return desiredEndpointLink(context.state, endpoint, context.facts, (sandbox) => netnsPath(context, sandbox));
}

function isRight(context: EngineContext, link: Link): boolean {
  const owner = context.state.ownerOfLink(link.name);
  if (owner?.kind === "network") {
    const plan = desiredNetworkLinks(context.state, owner.network, context.facts).find(
      ({ name }) => name === link.name,
    );
    return plan === undefined || isConfigured(link, plan);
  }
  const veth = owner && desiredOf(context, owner.endpoint);
  if (veth?.kind !== "veth") return true; // nobody's any more, or of a sandbox that is gone
  return isAttached(link, veth, link.master && context.kernel.route.links.findIndex(veth.bridge));
}
