import type { PictureGraph } from "./graph.ts";

/** Which part of a graph to show. */
export interface Narrowing {
  /** Ids of namespaces: only these, and what their links lead to. */
  readonly namespaces?: ReadonlySet<string>;
  /** Names of networks: only the links of one of these. */
  readonly networks?: ReadonlySet<string>;
  /** Also sandboxes whose programs do not run. */
  readonly stopped: boolean;
  readonly addresses: boolean;
}

export function narrowGraph(
  whole: PictureGraph,
  { namespaces, networks, stopped, addresses }: Narrowing,
): PictureGraph {
  const running = stopped ? whole : withoutStopped(whole);
  const near = namespaces === undefined ? running : nearNamespaces(running, namespaces);
  const narrow = networks === undefined ? near : ofNetworks(near, networks);
  return addresses ? narrow : withoutAddresses(narrow);
}

function withoutStopped(graph: PictureGraph): PictureGraph {
  const gone = new Set(graph.namespaces.filter(({ stopped }) => stopped).map(({ id }) => id));
  const kept = graph.links.filter(({ namespace }) => !gone.has(namespace));
  return { ...keepLinks(graph, kept), namespaces: graph.namespaces.filter(({ id }) => !gone.has(id)) };
}

function nearNamespaces(graph: PictureGraph, wanted: ReadonlySet<string>): PictureGraph {
  const inside = new Set(graph.links.filter(({ namespace }) => wanted.has(namespace)).map(({ id }) => id));
  const ends = graph.edges
    .filter(({ kind }) => kind !== "port")
    .flatMap(({ from, to }) => (inside.has(from) || inside.has(to) ? [from, to] : []));
  const near = new Set([...inside, ...ends]);
  const masters = new Set(graph.links.filter(({ id }) => near.has(id)).map(({ master }) => master));
  const kept = graph.links.filter(({ id }) => near.has(id) || masters.has(id));
  const homes = new Set([...wanted, ...kept.map(({ namespace }) => namespace)]);
  return { ...keepLinks(graph, kept), namespaces: graph.namespaces.filter(({ id }) => homes.has(id)) };
}

function ofNetworks(graph: PictureGraph, wanted: ReadonlySet<string>): PictureGraph {
  const kept = graph.links.filter(({ network }) => network !== undefined && wanted.has(network));
  const homes = new Set(kept.map(({ namespace }) => namespace));
  return {
    ...keepLinks(graph, kept),
    namespaces: graph.namespaces.filter(({ id }) => homes.has(id)),
    networks: graph.networks.filter(({ name }) => wanted.has(name)),
  };
}

/** Edges and outsides go with their links. */
function keepLinks(graph: PictureGraph, links: PictureGraph["links"]): PictureGraph {
  const kept = new Set(links.map(({ id }) => id));
  const outsides = new Set(graph.outsides.map(({ id }) => id));
  const edges = graph.edges.filter(({ from, to }) => kept.has(from) && (kept.has(to) || outsides.has(to)));
  const reached = new Set(edges.map(({ to }) => to));
  return { ...graph, links, edges, outsides: graph.outsides.filter(({ id }) => reached.has(id)) };
}

function withoutAddresses(graph: PictureGraph): PictureGraph {
  return {
    ...graph,
    namespaces: graph.namespaces.map((each) => ({
      ...each,
      defaultRoutes: each.defaultRoutes.map(({ link }) => (link === undefined ? {} : { link })),
      published: each.published.map(({ hostAddress: _, ...port }) => port),
    })),
    links: graph.links.map((link) => ({ ...link, addresses: [] })),
    networks: graph.networks.map((network) => ({ ...network, subnets: [] })),
  };
}
