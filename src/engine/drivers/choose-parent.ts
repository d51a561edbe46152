import type { Link } from "../../kernel/objects/mod.ts";
import { type Network, type NetworkId, type ParentLink, parseVlanName } from "../../model/mod.ts";
import type { LinkName } from "../../net/mod.ts";
import { parentOf } from "./driver.ts";
import { DriverError } from "./driver-error.ts";
import { isolatedParentName } from "./macvlan.ts";

/** What the choice of a parent depends on. */
export interface ParentQuestion {
  /** Begins the sentence of a refusal: `Cannot create network lan`. */
  readonly action: string;
  readonly id: NetworkId;
  readonly driver: "macvlan" | "ipvlan";
  readonly mode: string;
  /** As it was asked for; absent: found, or made. */
  readonly parent?: LinkName | undefined;
  /** Bytes, as asked for. */
  readonly mtu?: number | undefined;
  readonly internal: boolean;
  /** All links of the host. */
  readonly links: readonly Link[];
  /** The link that the host's default route leaves by. */
  readonly defaultLink?: LinkName | undefined;
  /** Whether the kernel makes links of a kind. */
  readonly supports: (kind: "macvlan" | "ipvlan" | "vlan") => boolean;
  /** All networks that there are. */
  readonly networks: readonly Network[];
}

/**
 * Chooses the link that the links of a network's sandboxes lie on: the one asked for, the one with the default route, or for an
 * internal network one of our own that leads nowhere.
 *
 * @throws {DriverError}
 */
export function chooseParent(question: ParentQuestion): ParentLink {
  const { action, driver, supports } = question;
  if (!supports(driver)) {
    throw new DriverError("unsupported", `${action}: this kernel lacks links of kind ${driver}, want driver bridge`);
  }
  const parent = nameParent(question);
  if (parent.kind === "isolated") return parent;
  requireRoom(question, parent.name);
  if (parent.kind === "vlan") {
    requireUsable(question, findLink(question, parent.lower));
    if (!supports("vlan") && !isMade(question, parent.name)) {
      throw new DriverError(
        "unsupported",
        `${action} on parent ${parent.name}: this kernel lacks links of kind vlan (802.1Q), want a parent that is there`,
      );
    }
  } else requireUsable(question, findLink(question, parent.name));
  return parent;
}

function nameParent({ action, id, parent, internal, links, defaultLink, networks }: ParentQuestion): ParentLink {
  if (parent === undefined) {
    if (internal) return { kind: "isolated", name: isolatedParentName(id) };
    if (defaultLink !== undefined) return { kind: "host", name: defaultLink };
    throw new DriverError(
      "not-found",
      `${action}: the host has no default route to find a parent by, want option parent=LINK, or an internal network`,
    );
  }
  // One that we made for another network is made for this one, too.
  const shared = networks
    .map(({ driver }) => ("settings" in driver && driver.kind !== "bridge" ? driver.settings.parent : undefined))
    .find((other) => other?.kind === "vlan" && other.name === parent);
  if (shared !== undefined) return shared;
  const vlan = parseVlanName(parent);
  const isThere = links.some(({ name }) => name === parent);
  return isThere || vlan === undefined ? { kind: "host", name: parent } : { kind: "vlan", name: parent, ...vlan };
}

function isMade({ links }: ParentQuestion, name: LinkName): boolean {
  return links.some((link) => link.name === name);
}

function findLink({ action, links }: ParentQuestion, name: LinkName): Link {
  const found = links.find((link) => link.name === name);
  if (found !== undefined) return found;
  throw new DriverError(
    "not-found",
    `${action}: the host has no link ${name}, want option parent=LINK of one that it has`,
  );
}

function requireUsable({ action, mtu, links }: ParentQuestion, link: Link): void {
  const refuse = (why: string): DriverError => new DriverError("invalid", `${action} on parent ${link.name}: ${why}`);
  if (link.loopback || link.mac === undefined) throw refuse("it carries no Ethernet frames, want a link that does");
  if (link.master !== undefined) {
    const master = links.find(({ index }) => index === link.master)?.name ?? `link ${link.master}`;
    throw refuse(`it is a port of ${master}, want ${master} itself`);
  }
  if (link.detail.kind === "macvlan" || link.detail.kind === "ipvlan") {
    throw refuse(`it is a ${link.detail.kind} link itself, want the link that it lies on`);
  }
  if (mtu !== undefined && mtu > link.mtu) {
    throw refuse(`an MTU of ${mtu} bytes is more than the parent's, want at most ${link.mtu}`);
  }
}

/** Modes that need a parent for themselves: passthru gives it to one sandbox, and all of ipvlan on one parent have one mode. */
function requireRoom({ action, driver, mode, networks }: ParentQuestion, parent: LinkName): void {
  for (const other of networks) {
    if (parentOf(other) !== parent) continue;
    const { kind } = other.driver;
    const otherMode = "settings" in other.driver && "mode" in other.driver.settings ? other.driver.settings.mode : "";
    if (kind === driver && driver === "macvlan" && mode !== "passthru" && otherMode !== "passthru") continue;
    throw new DriverError(
      "conflict",
      `${action} on parent ${parent}: network ${other.name} of driver ${kind} and mode ${otherMode} has it, and one of the two needs it alone; want another parent`,
    );
  }
}
