import { Refusal } from "../contract/plain.ts";
import type { OpenPlace } from "../insight/place/mod.ts";
import { getLink } from "../insight/state/mod.ts";
import type { BridgePortOptions, Link } from "../kernel/objects/mod.ts";
import { type NewFdbEntry, openRouteClient, type RouteClient } from "../kernel/route/mod.ts";
import { acting } from "./acting.ts";
import { type Forcible, guardLink } from "./link-guard.ts";

type Place = Pick<OpenPlace, "netns" | "ownerOf">;

/** @throws {Refusal} `invalid` when the link is no port of a bridge. */
export function changeBridgePort(place: Place, name: string, options: BridgePortOptions, force: Forcible = {}): void {
  using client = openRouteClient({ netns: place.netns });
  const links = client.links.list();
  const link = getLink(links, name);
  const what = `change port ${name}`;
  guardLink(what, link, place, force);
  requireBridge(what, link, links);
  acting(what, { EBUSY: ["conflict", "EBUSY: spanning tree chooses its state"] }, () =>
    client.links.set(link.index, { port: options }),
  );
}

function requireBridge(what: string, { name, master }: Link, links: readonly Link[]): void {
  const bridge = links.find(({ index }) => index === master);
  if (bridge?.detail.kind === "bridge") return;
  const ports = links.filter((link) => links.find(({ index }) => index === link.master)?.detail.kind === "bridge");
  const known =
    ports.length === 0 ? "there is no port here" : `want one of ${ports.map((port) => port.name).join(", ")}`;
  throw new Refusal("invalid", `Cannot ${what}: ${name} is no port of a bridge: ${known}`);
}

/** Where frames for a MAC address go. */
export interface FdbSpec extends Omit<NewFdbEntry, "link" | "owner"> {
  /** A port of a bridge, a bridge for an address of its own, or a vxlan link. */
  readonly link: string;
  readonly replace?: boolean;
}

/** @throws {Refusal} `conflict` when there is an entry of that address. */
export function addFdbEntry({ netns }: Pick<OpenPlace, "netns">, { link: name, replace, ...spec }: FdbSpec): void {
  using client = openRouteClient({ netns });
  const what = `add FDB entry ${spec.mac}`;
  const entry = { ...spec, ...findEntryPlace(client, name, { what, ...spec }) };
  const taken = { EEXIST: ["conflict", `there is one at ${name} already, want --replace`] } as const;
  acting(what, taken, () => {
    if (replace === true) client.fdb.replace(entry);
    // Frames for unknown addresses go to all of several far ends.
    else if (isFlood(spec)) client.fdb.append(entry);
    else client.fdb.add(entry);
  });
}

/** @throws {Refusal} `not-found` */
export function removeFdbEntry({ netns }: Pick<OpenPlace, "netns">, { link: name, ...spec }: FdbSpec): void {
  using client = openRouteClient({ netns });
  const what = `remove FDB entry ${spec.mac}`;
  const entry = { ...spec, ...findEntryPlace(client, name, { what, ...spec }) };
  acting(what, { ENOENT: ["not-found", `there is none at ${name}`] }, () => client.fdb.delete(entry));
}

function isFlood({ mac, destination }: Pick<FdbSpec, "mac" | "destination">): boolean {
  return destination !== undefined && mac === "00:00:00:00:00:00";
}

/** A port's entries are its bridge's; a vxlan's with a far end are its own, whatever it is a port of. */
function findEntryPlace(
  client: RouteClient,
  name: string,
  { what, destination, lifetime }: Pick<FdbSpec, "destination" | "lifetime"> & { readonly what: string },
): Pick<NewFdbEntry, "link" | "owner" | "lifetime"> {
  const links = client.links.list();
  const link = getLink(links, name);
  const { kind } = link.detail;
  const remote = destination !== undefined;
  if (remote && kind !== "vxlan") {
    throw new Refusal("invalid", `Cannot ${what}: link ${name} is a ${kind}, want a vxlan for a far end`);
  }
  if (remote || (kind === "vxlan" && link.master === undefined)) {
    // What does not age has to be permanent there: vxlan_fdb_parse() in drivers/net/vxlan/vxlan_core.c takes nothing else.
    return { link: link.index, owner: "self", ...(lifetime !== "dynamic" && { lifetime: "local" }) };
  }
  if (kind === "bridge") return { link: link.index, owner: "self" };
  requireBridge(what, link, links);
  return { link: link.index, owner: "master" };
}
