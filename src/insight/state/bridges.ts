import type { BridgeOptions, BridgePort, FdbEntry, Link } from "../../kernel/objects/mod.ts";
import { openRouteClient } from "../../kernel/route/mod.ts";
import type { IpAddress, MacAddress } from "../../net/mod.ts";
import type { Names, OpenPlace } from "../place/mod.ts";
import { linkNames, type Ownership } from "./links.ts";

export interface BridgeView extends Ownership {
  readonly name: string;
  readonly index: number;
  readonly up: boolean;
  readonly mac?: MacAddress;
  readonly mtu: number;
  readonly options: BridgeOptions;
  readonly ports: readonly BridgePortView[];
  readonly fdb: readonly FdbEntryView[];
}

/** A port, with its state and flags as `bridge -d link` has them. */
export interface BridgePortView extends BridgePort, Ownership {
  readonly name: string;
  readonly index: number;
  readonly up: boolean;
}

/** Where a bridge sends frames for a MAC address. */
export interface FdbEntryView
  extends Pick<FdbEntry, "mac" | "vlan" | "local" | "static" | "externallyLearned" | "sticky"> {
  /** The port; the bridge itself for its own addresses. */
  readonly port: string;
  /** Of a port that is a vxlan: the far end behind which it is. */
  readonly destination?: IpAddress;
  /** The sandbox whose address it is. */
  readonly sandbox?: string;
}

/** The bridges of a place with their ports and what they have learned. */
export function viewBridges({ netns, ownerOf }: OpenPlace, names: Names): readonly BridgeView[] {
  using client = openRouteClient({ netns });
  const links = client.links.list();
  const linkName = linkNames(links);
  const ports = Map.groupBy(links, ({ master }) => master);
  const fdb = client.fdb.list();
  return links.flatMap((link) => {
    if (link.detail.kind !== "bridge") return [];
    const { index, name, up, mtu, mac } = link;
    const own = ports.get(index) ?? [];
    // A vxlan keeps its far ends itself, whatever it is a port of.
    const isOwn = (entry: FdbEntry): boolean =>
      entry.master === index || (entry.destination !== undefined && own.some((port) => port.index === entry.link));
    return [
      {
        name,
        index,
        up,
        ...(mac !== undefined && { mac }),
        mtu,
        ...ownerOf(name),
        options: link.detail.options,
        ports: own.map((port) => viewPort(port, ownerOf)),
        fdb: fdb.filter(isOwn).map((entry) => viewFdbEntry(entry, { names, linkName })),
      },
    ];
  });
}

function viewPort({ name, index, up, port }: Link, ownerOf: OpenPlace["ownerOf"]): BridgePortView {
  return { name, index, up, ...port, ...ownerOf(name) };
}

function viewFdbEntry(
  { link, mac, vlan, ...entry }: FdbEntry,
  { names, linkName }: { readonly names: Names; readonly linkName: ReadonlyMap<number, string> },
): FdbEntryView {
  const sandbox = names.ofMac(mac);
  return {
    mac,
    port: linkName.get(link) ?? String(link),
    ...(vlan !== undefined && { vlan }),
    ...(entry.destination !== undefined && { destination: entry.destination }),
    local: entry.local,
    static: entry.static,
    externallyLearned: entry.externallyLearned,
    sticky: entry.sticky,
    ...(sandbox !== undefined && { sandbox }),
  };
}
