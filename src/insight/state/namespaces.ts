import { readFileSync } from "node:fs";
import { currentNetns, type ListedNetns, listNetns, type Netns } from "../../kernel/netns/mod.ts";
import { type Link, MAIN_TABLE } from "../../kernel/objects/mod.ts";
import { openRouteClient, type RouteClient } from "../../kernel/route/mod.ts";
import { type InterfaceAddress, type IpAddress, type LinkName, prefixLength } from "../../net/mod.ts";
import { inNetns, readSysctl } from "../../sys/mod.ts";
import type { Names, OwnedLink } from "../place/mod.ts";
import { inodeAt, isUnseen, labelOf, type NamespaceSandbox, openListed, sandboxesByInode } from "./namespace-label.ts";

export interface NamespaceView {
  /** The inode of `/proc/PID/ns/net`: until the namespace is gone no other has it. */
  readonly ino: number;
  /** How to call it: a sandbox's name, a name of `ip netns`, a path, or `pid:PID`. */
  readonly label: string;
  /** Whether the command runs in it. */
  readonly own: boolean;
  /** Names of `ip netns`. */
  readonly names: readonly string[];
  /** Files that open it. */
  readonly paths: readonly string[];
  readonly sandboxes: readonly NamespaceSandbox[];
  readonly processes: readonly { readonly pid: number; readonly name: string }[];
  readonly links: readonly NamespaceLink[];
  readonly routing?: NamespaceRouting;
}

/** What a namespace does with packets that are not for its own links. */
export interface NamespaceRouting {
  /** Whether it forwards, in either family. */
  readonly forwarding: boolean;
  /** Next hops of the main table's default routes; one without a link drops. */
  readonly defaultRoutes: readonly { readonly via?: IpAddress; readonly link?: LinkName }[];
}

export interface NamespaceLink extends Partial<OwnedLink> {
  readonly index: number;
  readonly name: LinkName;
  readonly kind: string;
  readonly up: boolean;
  /** Bytes. */
  readonly mtu: number;
  readonly master?: string;
  /** Of a macvlan or ipvlan. */
  readonly mode?: string;
  readonly vlan?: { readonly id: number };
  readonly vxlan?: { readonly vni: number; readonly local?: IpAddress; readonly remotes: readonly IpAddress[] };
  readonly addresses: readonly InterfaceAddress[];
  /** A veth's other end, or the link below a macvlan or VLAN, wherever that is. */
  readonly lower?: { readonly ino: number; readonly namespace: string; readonly link: LinkName };
}

/** An open namespace with what was read of it. */
interface Visited extends Disposable {
  readonly listed: ListedNetns;
  readonly netns: Netns;
  readonly client: RouteClient;
  readonly links: readonly Link[];
  readonly label: string;
  readonly sandboxes: readonly NamespaceSandbox[];
}

/**
 * All namespaces that a process is in or a file opens, with what is in them: the command's own first, then by name. One that only a
 * descriptor holds is not found, and one that goes away meanwhile is left out.
 *
 * @param routing Whether to ask each for its routes, too: some hundred microseconds more for each.
 */
export function viewNamespaces(
  names: Names,
  { routing = false }: { readonly routing?: boolean } = {},
): readonly NamespaceView[] {
  using opened = new DisposableStack();
  using own = currentNetns();
  const sandboxes = sandboxesByInode(names);
  const visited = listNetns(names.netnsDirectory).flatMap((listed) => {
    const one = visit(listed, sandboxes.get(listed.ino) ?? []);
    return one === undefined ? [] : [opened.use(one)];
  });
  const daemonIno = names.daemon === undefined ? undefined : inodeAt(`/proc/${names.daemon.pid}/ns/net`);
  const peers = new PeerFinder(visited);
  return visited
    .map((one): NamespaceView => {
      const isDaemons = one.listed.ino === daemonIno;
      const ownerOf = (link: string): OwnedLink | undefined =>
        (isDaemons ? names.ofHostLink(link) : undefined) ??
        one.sandboxes.map(({ id }) => names.ofSandboxLink(id, link)).find((owned) => owned !== undefined);
      return {
        ino: one.listed.ino,
        label: one.label,
        own: one.listed.ino === own.identity.ino,
        names: one.listed.names,
        paths: one.listed.paths,
        sandboxes: one.sandboxes,
        processes: one.listed.pids.map((pid) => ({ pid, name: processName(pid) })),
        links: viewLinksOf(one, { peers, ownerOf }),
        ...(routing && { routing: viewRouting(one) }),
      };
    })
    .toSorted((a, b) => Number(b.own) - Number(a.own) || order.compare(a.label, b.label));
}

/** net2 before net10. */
const order = new Intl.Collator("en", { numeric: true });

function visit(listed: ListedNetns, sandboxes: readonly NamespaceSandbox[]): Visited | undefined {
  using stack = new DisposableStack();
  try {
    const netns = stack.use(openListed(listed));
    if (netns.identity.ino !== listed.ino) return undefined; // the path or the pid is another's by now
    const client = stack.use(openRouteClient({ netns }));
    const links = client.links.list();
    const resources = stack.move();
    return {
      listed,
      netns,
      client,
      links,
      sandboxes,
      label: labelOf(listed, sandboxes),
      [Symbol.dispose]: () => resources[Symbol.dispose](),
    };
  } catch (error) {
    if (isUnseen(error)) return undefined;
    throw error;
  }
}

function viewLinksOf(
  one: Visited,
  { peers, ownerOf }: { readonly peers: PeerFinder; readonly ownerOf: (link: string) => OwnedLink | undefined },
): readonly NamespaceLink[] {
  const addresses = Map.groupBy(one.client.addresses.list(), ({ link }) => link);
  const linkNames = new Map(one.links.map(({ index, name }) => [index, name]));
  const remotes = remotesOf(one);
  return one.links.map((link) => {
    const master = link.master === undefined ? undefined : linkNames.get(link.master);
    const lower = peers.lowerOf(one, link);
    return {
      index: link.index,
      name: link.name,
      kind: link.detail.kind === "other" ? link.detail.name : link.detail.kind,
      up: link.up,
      mtu: link.mtu,
      ...(master !== undefined && { master }),
      ...viewDetail(link, remotes),
      addresses: (addresses.get(link.index) ?? []).map(({ address }) => address),
      ...(lower !== undefined && { lower }),
      ...ownerOf(link.name),
    };
  });
}

function viewDetail(
  { index, detail }: Link,
  remotes: ReadonlyMap<number, readonly IpAddress[]>,
): Pick<NamespaceLink, "mode" | "vlan" | "vxlan"> {
  switch (detail.kind) {
    case "macvlan":
    case "ipvlan":
      return { mode: detail.mode };
    case "vlan":
      return { vlan: { id: detail.id } };
    case "vxlan": {
      const { vni, local, group } = detail.options;
      const ends = new Set([...(group === undefined ? [] : [group]), ...(remotes.get(index) ?? [])]);
      return { vxlan: { vni, ...(local !== undefined && { local }), remotes: [...ends] } };
    }
    default:
      return {};
  }
}

/** Where VXLAN links send frames, by their forwarding databases, by the link's number. */
function remotesOf({ client, links }: Visited): ReadonlyMap<number, readonly IpAddress[]> {
  if (!links.some(({ detail }) => detail.kind === "vxlan")) return new Map();
  const entries = client.fdb
    .list()
    .flatMap(({ link, destination }) => (destination === undefined ? [] : [{ link, destination }]));
  return new Map(
    Array.from(
      Map.groupBy(entries, ({ link }) => link),
      ([link, of]) => [link, of.map(({ destination }) => destination)],
    ),
  );
}

function viewRouting({ netns, client, links }: Visited): NamespaceRouting {
  const linkNames = new Map(links.map(({ index, name }) => [index, name]));
  return {
    forwarding: inNetns(netns, () => ["ipv4", "ipv6"].some(forwards)),
    defaultRoutes: client.routes
      .list({ table: MAIN_TABLE })
      .filter(({ destination }) => prefixLength(destination) === 0)
      .flatMap(({ nextHops, type }) => {
        if (type !== "unicast") return [{}];
        return nextHops.map(({ gateway, link }) => {
          const name = link === undefined ? undefined : linkNames.get(link);
          return { ...(gateway !== undefined && { via: gateway }), ...(name !== undefined && { link: name }) };
        });
      }),
  };
}

function forwards(family: string): boolean {
  try {
    return readSysctl(`net/${family}/conf/all/forwarding`) === "1";
  } catch {
    return false; // a kernel without the family
  }
}

/**
 * Finds links in other namespaces. The kernel says their number and what this namespace calls the other one; which that is must be
 * asked for each candidate. To ask about all of them for each link would take hours with thousands of namespaces, so only
 * those are candidates that have a link of that number, whose lower one is, for a veth, the first.
 */
class PeerFinder {
  readonly #byIndex: ReadonlyMap<number, readonly { readonly place: Visited; readonly link: Link }[]>;

  constructor(visited: readonly Visited[]) {
    const all = visited.flatMap((place) => place.links.map((link) => ({ place, link })));
    this.#byIndex = Map.groupBy(all, ({ link }) => link.index);
  }

  lowerOf(place: Visited, link: Link): NamespaceLink["lower"] {
    const { lower, peerNetnsId } = link;
    if (lower === undefined) return undefined;
    const found = (this.#byIndex.get(lower) ?? []).find((candidate) => {
      if (peerNetnsId === undefined) return candidate.place === place;
      if (candidate.place === place) return false;
      if (link.detail.kind === "veth" && candidate.link.lower !== link.index) return false;
      return place.client.namespaceIds.find(candidate.place.netns) === peerNetnsId;
    });
    if (found === undefined) return undefined;
    return { ino: found.place.listed.ino, namespace: found.place.label, link: found.link.name };
  }
}

function processName(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trimEnd();
  } catch {
    return ""; // it has ended
  }
}
