import { type IpAddress, prefixAddress } from "../../net/mod.ts";
import type { LinkNode, NamespaceNode, OutsideNode, PictureEdge } from "./graph.ts";

/** A link that sends frames in packets to far ends. */
export interface TunnelEnd {
  readonly id: string;
  readonly vni: number;
  readonly local?: IpAddress;
  readonly remotes: readonly IpAddress[];
}

/** An edge for each pair of ends that name each other, and an outside for far ends that are nowhere here. */
export function joinTunnels(ends: readonly TunnelEnd[], outsides: OutsideNode[]): readonly PictureEdge[] {
  const byLocal = new Map(ends.map((end) => [`${end.vni} ${end.local}`, end]));
  const drawn = new Set<string>();
  return ends.flatMap((end) =>
    end.remotes.flatMap((remote): readonly PictureEdge[] => {
      const other = byLocal.get(`${end.vni} ${remote}`);
      const to = other?.id ?? `outside:tunnel ${remote}`;
      const key = [end.id, to].sort().join(" ");
      if (other === end || drawn.has(key)) return [];
      drawn.add(key);
      if (other === undefined && !outsides.some(({ id }) => id === to)) outsides.push({ id: to, name: remote });
      return [{ kind: "tunnel", from: end.id, to }];
    }),
  );
}

interface RouteContext {
  readonly namespaces: readonly NamespaceNode[];
  readonly links: readonly LinkNode[];
  /** Those that frames take. */
  readonly edges: readonly PictureEdge[];
  readonly outsides: readonly OutsideNode[];
}

/** Where each namespace's default routes lead: the link that has the next hop's address, or what is outside. */
export function routeEdges({ namespaces, links, edges, outsides }: RouteContext): readonly PictureEdge[] {
  const byId = new Map(links.map((link) => [link.id, link]));
  const byAddress = Map.groupBy(
    links.flatMap((link) => link.addresses.map((address) => ({ address: prefixAddress(address), link }))),
    ({ address }) => address,
  );
  const outside = new Set(outsides.map(({ id }) => id));
  const outsideOf = new Map(
    edges.filter(({ to }) => outside.has(to)).map(({ from, to }) => [byId.get(from)?.segment, to] as const),
  );
  const drawn = new Set<string>();
  return namespaces.flatMap(({ id: namespace, defaultRoutes }) =>
    defaultRoutes.flatMap(({ via, link: name }): readonly PictureEdge[] => {
      const link = byId.get(`${namespace}/${name}`);
      if (link === undefined) return [];
      // The same address may be in many namespaces: the next hop is the one that frames of this link reach.
      const hop = (via === undefined ? [] : (byAddress.get(via) ?? [])).find(
        ({ link: each }) => each.segment === link.segment && each.namespace !== namespace,
      );
      const to = hop?.link.id ?? outsideOf.get(link.segment);
      const key = `${link.id} ${to}`;
      if (to === undefined || drawn.has(key)) return [];
      drawn.add(key);
      return [{ kind: "default-route", from: link.id, to }];
    }),
  );
}
