import { MAIN_TABLE } from "../../kernel/objects/mod.ts";
import { isDefaultRoute } from "../../net/mod.ts";
import {
  formatLinkPlace,
  HOST,
  type LinkPlace,
  type PlaceState,
  type TopologyLink,
  type TopologyName,
  type TopologyRoute,
  type TopologyState,
} from "../../topology/state/mod.ts";
import type { LinkNode, NamespaceNode, OutsideNode, PictureEdge, PictureGraph } from "./graph.ts";
import { joinTunnels, routeEdges, type TunnelEnd } from "./reach.ts";
import { withSegments } from "./segments.ts";

/** The picture of what a topology file says, whether it is up or not. A host that has no part in it is left out. */
export function graphOfTopology({
  name,
  state,
}: {
  readonly name: TopologyName;
  readonly state: TopologyState;
}): PictureGraph {
  const places = [...state].filter(
    ([place, { links, routes }]) => place !== HOST || links.size > 0 || routes.length > 0,
  );
  const spaces = places.map(
    ([place, of]): NamespaceNode => ({
      id: place,
      name: place,
      role: place === HOST ? "host" : "namespace",
      stopped: false,
      forwarding: forwards(of),
      defaultRoutes: defaultRoutesOf(of),
      published: [],
    }),
  );
  const known = places.flatMap(([place, { links }]) =>
    Array.from(links, ([link, of]): KnownLink => ({ at: { place, link }, of })),
  );
  const named = known.map(linkNode);
  const ids = new Set(named.map(({ id }) => id));
  const carriers = known.flatMap(({ of }) => hostLinkBelow(of, ids));
  const links = [...named, ...new Map(carriers.map((carrier) => [carrier.id, carrier])).values()];
  const host = spaces.some(({ id }) => id === HOST) || carriers.length === 0 ? [] : [hostNode];
  const outsides: OutsideNode[] = [];
  const edges = [...known.flatMap(edgesOf), ...joinTunnels(known.flatMap(tunnelEnd), outsides)];
  const placed = withSegments(links, edges);
  const all = [...host, ...spaces];
  return {
    title: name,
    namespaces: all,
    links: placed,
    networks: [],
    outsides,
    edges: [...edges, ...routeEdges({ namespaces: all, links: placed, edges, outsides })],
  };
}

interface KnownLink {
  readonly at: LinkPlace;
  readonly of: TopologyLink;
}

const hostNode: NamespaceNode = {
  ...{ id: HOST, name: HOST, role: "host", stopped: false, forwarding: false, defaultRoutes: [], published: [] },
};

function forwards({ sysctls }: PlaceState): boolean {
  return ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"].some((path) => sysctls.get(path) === "1");
}

function defaultRoutesOf({ routes }: PlaceState): NamespaceNode["defaultRoutes"] {
  return routes
    .filter(({ destination, type, table }) => isDefaultRoute(destination) && type === "unicast" && table === MAIN_TABLE)
    .flatMap((route): readonly Pick<TopologyRoute, "via" | "link">[] => route.hops ?? [route])
    .map(({ via, link }) => ({ ...(via !== undefined && { via }), ...(link !== undefined && { link }) }));
}

function linkNode({ at, of }: KnownLink): Omit<LinkNode, "segment"> {
  const { kind, up, addresses, mtu, bridge } = of;
  const note = noteOf(kind);
  return {
    id: formatLinkPlace(at),
    namespace: at.place,
    name: at.link,
    kind: kind.kind,
    ...(note !== undefined && { note }),
    up,
    addresses,
    ...(mtu !== undefined && { mtu }),
    ...(bridge !== undefined && { master: formatLinkPlace({ place: at.place, link: bridge }) }),
  };
}

function noteOf(kind: TopologyLink["kind"]): string | undefined {
  switch (kind.kind) {
    case "vxlan":
      return `vni ${kind.vni}`;
    case "vlan":
      return `id ${kind.id}`;
    case "macvlan":
    case "ipvlan":
      return `mode ${kind.mode}`;
    default:
      return undefined;
  }
}

/** A link of the host that carries one of these and is not the topology's own. */
function hostLinkBelow({ kind }: TopologyLink, ids: ReadonlySet<string>): readonly Omit<LinkNode, "segment">[] {
  if (!("lower" in kind) || typeof kind.lower !== "object" || ids.has(formatLinkPlace(kind.lower))) return [];
  const { place: namespace, link: name } = kind.lower;
  return [{ id: formatLinkPlace(kind.lower), namespace, name, kind: "physical", up: true, addresses: [] }];
}

function edgesOf({ at, of }: KnownLink): readonly PictureEdge[] {
  const from = formatLinkPlace(at);
  const port =
    of.bridge === undefined
      ? []
      : [{ kind: "port", from, to: formatLinkPlace({ place: at.place, link: of.bridge }) } as const];
  const { kind } = of;
  switch (kind.kind) {
    case "veth": {
      const to = formatLinkPlace(kind.peer);
      return [...port, ...(from < to ? [{ kind: "veth", from, to } as const] : [])];
    }
    case "macvlan":
    case "ipvlan":
    case "vlan":
      return [...port, { kind: "lower", from, to: formatLinkPlace(kind.lower) }];
    default:
      return port;
  }
}

function tunnelEnd({ at, of: { kind } }: KnownLink): readonly TunnelEnd[] {
  if (kind.kind !== "vxlan") return [];
  const { vni, local, remote } = kind;
  const remotes = remote === undefined ? [] : [remote];
  return [{ id: formatLinkPlace(at), vni, remotes, ...(local !== undefined && { local }) }];
}
