import { readFileSync } from "node:fs";
import { currentNetns, type ListedNetns, listNetns, type Netns } from "../../kernel/netns/mod.ts";
import type { Link } from "../../kernel/objects/mod.ts";
import { openRouteClient, type RouteClient } from "../../kernel/route/mod.ts";
import type { InterfaceAddress, LinkName } from "../../net/mod.ts";
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
}

export interface NamespaceLink extends Partial<OwnedLink> {
  readonly index: number;
  readonly name: LinkName;
  readonly kind: string;
  readonly up: boolean;
  readonly master?: string;
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
 */
export function viewNamespaces(names: Names): readonly NamespaceView[] {
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
  return one.links.map((link) => {
    const master = link.master === undefined ? undefined : linkNames.get(link.master);
    const lower = peers.lowerOf(one, link);
    return {
      index: link.index,
      name: link.name,
      kind: link.detail.kind === "other" ? link.detail.name : link.detail.kind,
      up: link.up,
      ...(master !== undefined && { master }),
      addresses: (addresses.get(link.index) ?? []).map(({ address }) => address),
      ...(lower !== undefined && { lower }),
      ...ownerOf(link.name),
    };
  });
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
