import type { NetworkView, SandboxView } from "../../contract/mod.ts";
import type { NamespaceLink, NamespaceView } from "../state/mod.ts";
import type { LinkNode, NamespaceNode, NetworkNode, OutsideNode, PictureEdge, PictureGraph } from "./graph.ts";
import { joinTunnels, routeEdges, type TunnelEnd } from "./reach.ts";
import { withSegments } from "./segments.ts";

export interface NamespaceSources {
  readonly title: string;
  /** With their routing. */
  readonly namespaces: readonly NamespaceView[];
  /** As a daemon tells them; none without one. */
  readonly networks: readonly NetworkView[];
  readonly sandboxes: readonly SandboxView[];
}

export function namespaceId(ino: number): string {
  return `net:[${ino}]`;
}

export function networkId(name: string): string {
  return `network:${name}`;
}

/** The picture of what namespaces have. */
export function graphOfNamespaces({ title, namespaces, networks, sandboxes }: NamespaceSources): PictureGraph {
  const ports = new Map<string, SandboxView["ports"]>(sandboxes.map(({ id, ports: published }) => [id, published]));
  const spaces = namespaces.map(({ ino, label, own, sandboxes: inside, routing }): NamespaceNode => {
    const role = own ? "host" : inside.length > 0 ? "sandbox" : "namespace";
    return {
      id: namespaceId(ino),
      name: own && /^(pid:|\/)/.test(label) ? "host" : label,
      role,
      stopped: role === "sandbox" && inside.every(({ state }) => state !== "running" && state !== "restarting"),
      forwarding: routing?.forwarding ?? false,
      defaultRoutes: routing?.defaultRoutes ?? [],
      published: own ? [] : inside.flatMap(({ id }) => ports.get(id) ?? []),
    };
  });
  const known = namespaces.flatMap(({ ino, links }) => {
    const namespace = namespaceId(ino);
    return links.filter(isTelling).map((link): KnownLink => ({ namespace, link, id: `${namespace}/${link.name}` }));
  });
  const gone = goneSandboxes(sandboxes, { namespaces, networks });
  const links = [...known.map(linkNode), ...gone.links];
  const ids = new Set(links.map(({ id }) => id));
  const outsides: OutsideNode[] = [];
  const edges = [
    ...known.flatMap((one) => edgesOf(one, { ids, outsides })),
    ...joinTunnels(known.flatMap(tunnelEnd), outsides),
    ...gone.edges.filter(({ to }) => ids.has(to)),
  ];
  const all = [...spaces, ...gone.namespaces];
  const placed = withSegments(links, edges);
  return {
    title,
    namespaces: all,
    links: placed,
    networks: networks.filter(({ driver }) => driver.kind !== "host" && driver.kind !== "none").map(networkNode),
    outsides,
    edges: [...edges, ...routeEdges({ namespaces: all, links: placed, edges, outsides })],
  };
}

interface KnownLink {
  readonly id: string;
  readonly namespace: string;
  readonly link: NamespaceLink;
}

/** Links that the kernel makes in every namespace when it knows their kinds. */
const fallbackLinks: ReadonlySet<string> = new Set([
  ...["tunl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "sit0", "ip6tnl0", "ip6gre0"],
]);

/** A loopback with nothing but what every one has, and links that nobody asked for, tell nothing. */
function isTelling({ name, addresses, up }: NamespaceLink): boolean {
  if (name === "lo") return addresses.some((address) => !/^(127\.0\.0\.1|::1)\//.test(address));
  return up || addresses.length > 0 || !fallbackLinks.has(name);
}

function linkNode({ id, namespace, link }: KnownLink): Omit<LinkNode, "segment"> {
  const note = noteOf(link);
  return {
    id,
    namespace,
    name: link.name,
    kind: link.name === "lo" ? "loopback" : link.kind,
    ...(note !== undefined && { note }),
    up: link.up,
    addresses: link.addresses,
    mtu: link.mtu,
    ...(link.master !== undefined && { master: `${namespace}/${link.master}` }),
    ...(link.network !== undefined && { network: link.network }),
    ...(link.sandbox !== undefined && { sandbox: link.sandbox }),
  };
}

function noteOf({ mode, vlan, vxlan }: NamespaceLink): string | undefined {
  if (vxlan !== undefined) return `vni ${vxlan.vni}`;
  if (vlan !== undefined) return `id ${vlan.id}`;
  return mode === undefined ? undefined : `mode ${mode}`;
}

interface EdgeContext {
  readonly ids: ReadonlySet<string>;
  readonly outsides: OutsideNode[];
}

function edgesOf({ id, namespace, link }: KnownLink, { ids, outsides }: EdgeContext): readonly PictureEdge[] {
  const edges: PictureEdge[] = [];
  const master = link.master === undefined ? undefined : `${namespace}/${link.master}`;
  if (master !== undefined && ids.has(master)) edges.push({ kind: "port", from: id, to: master });
  const lower = link.lower === undefined ? undefined : `${namespaceId(link.lower.ino)}/${link.lower.link}`;
  const outside = (name: string): string => {
    const node = { id: `outside:${id}`, name };
    outsides.push(node);
    return node.id;
  };
  if (link.kind === "veth") {
    // Each end names the other: one of them says it.
    if (lower === undefined) edges.push({ kind: "veth", from: id, to: outside("unseen namespace") });
    else if (id < lower || !ids.has(lower)) edges.push({ kind: "veth", from: id, to: lower });
  } else if (lower !== undefined) {
    edges.push({ kind: "lower", from: id, to: lower });
  } else if (carried.has(link.kind)) {
    edges.push({ kind: "lower", from: id, to: outside("unseen namespace") });
  } else if (link.kind === "physical" && link.name !== "lo") {
    edges.push({ kind: "uplink", from: id, to: outside("outside") });
  }
  return edges;
}

/** Kinds that always lie on another link. */
const carried: ReadonlySet<string> = new Set(["macvlan", "macvtap", "ipvlan", "vlan"]);

function tunnelEnd({ id, link: { vxlan } }: KnownLink): readonly TunnelEnd[] {
  return vxlan === undefined ? [] : [{ id, ...vxlan }];
}

function networkNode({ name, driver, subnets, internal }: NetworkView): NetworkNode {
  return { id: networkId(name), name, driver: driver.kind, subnets: subnets.map(({ prefix }) => prefix), internal };
}

interface Present {
  readonly namespaces: readonly NamespaceView[];
  readonly networks: readonly NetworkView[];
}

interface Gone {
  readonly namespaces: readonly NamespaceNode[];
  readonly links: readonly Omit<LinkNode, "segment">[];
  readonly edges: readonly PictureEdge[];
}

/** Sandboxes that have no namespace at the moment, with the links that they will have. */
function goneSandboxes(sandboxes: readonly SandboxView[], { namespaces, networks }: Present): Gone {
  const present = new Set(namespaces.flatMap(({ sandboxes: inside }) => inside.map(({ id }) => id)));
  const own = namespaces.find((each) => each.own);
  const bridges = new Map(
    networks.flatMap(({ id, driver }) => (driver.kind === "bridge" ? [[id, driver.settings.bridge] as const] : [])),
  );
  const gone = sandboxes.filter(({ id, namespace }) => !present.has(id) && namespace.kind !== "host");
  const ends = gone.flatMap((sandbox) =>
    sandbox.endpoints.map((endpoint) => ({ endpoint, namespace: `sandbox:${sandbox.id}` })),
  );
  return {
    namespaces: gone.map(({ id, name, ports }) => ({
      ...{ id: `sandbox:${id}`, name, role: "sandbox", stopped: true, forwarding: false, defaultRoutes: [] },
      published: ports,
    })),
    links: ends.map(({ endpoint, namespace }) => ({
      id: `${namespace}/${endpoint.interfaceName}`,
      namespace,
      name: endpoint.interfaceName,
      kind: "veth",
      up: false,
      addresses: endpoint.addresses,
      network: endpoint.networkName,
      sandbox: endpoint.sandboxName,
    })),
    edges: ends.flatMap(({ endpoint, namespace }) => {
      const bridge = bridges.get(endpoint.network);
      if (bridge === undefined || own === undefined) return [];
      const from = `${namespace}/${endpoint.interfaceName}`;
      return [{ kind: "endpoint", from, to: `${namespaceId(own.ino)}/${bridge}` }];
    }),
  };
}
