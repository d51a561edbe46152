import type { EdgeKind, LinkNode, PictureEdge } from "./graph.ts";

/** Frames pass between the two ends. A VLAN's and a tunnel's lower links are of other domains. */
const joining: ReadonlySet<EdgeKind> = new Set(["veth", "port", "tunnel", "endpoint"]);
const sharing: ReadonlySet<string> = new Set(["macvlan", "ipvlan", "macvtap"]);

/** Numbers the broadcast domains, in the order in which their first links stand. */
export function withSegments(
  links: readonly Omit<LinkNode, "segment">[],
  edges: readonly PictureEdge[],
): readonly LinkNode[] {
  const parents = new Map(links.map(({ id }) => [id, id]));
  const rootOf = (id: string): string => {
    let root = id;
    for (let next = parents.get(root); next !== undefined && next !== root; next = parents.get(root)) root = next;
    parents.set(id, root);
    return root;
  };
  const kinds = new Map(links.map(({ id, kind }) => [id, kind]));
  for (const { kind, from, to } of edges) {
    const joins = joining.has(kind) || (kind === "lower" && sharing.has(kinds.get(from) ?? ""));
    if (joins && kinds.has(from) && kinds.has(to)) parents.set(rootOf(from), rootOf(to));
  }
  const numbers = new Map<string, number>();
  return links.map((link) => {
    const root = rootOf(link.id);
    const segment = numbers.get(root) ?? numbers.size;
    numbers.set(root, segment);
    return { ...link, segment };
  });
}
