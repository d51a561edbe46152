import {
  carrierOf,
  formatLinkMark,
  formatLinkPlace,
  type LinkPlace,
  type TopologyName,
  type TopologyState,
} from "../state/mod.ts";

export interface Survivors {
  /** What is left of what is there once the links below are deleted. */
  readonly state: TopologyState;
  /** To delete: one end of a veth, and none that goes with its namespace or with the link that carries it. */
  readonly deleted: readonly LinkPlace[];
}

/**
 * Which links stay: those that the file wants as they were made. What lies on a link that goes, goes with it, and so does a veth's
 * other end.
 */
export function findSurvivors(topology: TopologyName, desired: TopologyState, observed: TopologyState): Survivors {
  const links = new Map(
    [...observed].flatMap(([place, { links: own }]) =>
      Array.from(
        own,
        ([link, facts]) => [formatLinkPlace({ place, link }), { at: { place, link }, kind: facts.kind }] as const,
      ),
    ),
  );
  const going = new Set<string>();
  for (const [name, { at, kind }] of links) {
    const wanted = desired.get(at.place)?.links.get(at.link)?.kind;
    const isSame = wanted !== undefined && formatLinkMark(topology, wanted) === formatLinkMark(topology, kind);
    const isWhole = kind.kind !== "veth" || links.has(formatLinkPlace(kind.peer));
    if (kind.kind !== "loopback" && !(isSame && isWhole)) going.add(name);
  }
  const unasked = new Set<string>();
  for (let before = -1; before !== going.size; ) {
    before = going.size;
    for (const [name, { at, kind }] of links) {
      const carrier = carrierOf(kind, at.place);
      const other = kind.kind === "veth" ? kind.peer : carrier;
      if (other === undefined || !going.has(formatLinkPlace(other))) continue;
      going.add(name);
      if (carrier !== undefined) unasked.add(name);
    }
  }
  const deleted: LinkPlace[] = [];
  for (const name of going) {
    const link = links.get(name);
    // An end in a namespace that goes is left to the end that stays: the namespace's own death is not waited for.
    if (link === undefined || unasked.has(name) || !desired.has(link.at.place)) continue;
    if (link.kind.kind === "veth") unasked.add(formatLinkPlace(link.kind.peer));
    deleted.push(link.at);
  }
  const state = new Map(
    [...observed]
      .filter(([place]) => desired.has(place))
      .map(([place, own]) => {
        const links = new Map([...own.links].filter(([link]) => !going.has(formatLinkPlace({ place, link }))));
        return [place, links.size === own.links.size ? own : { ...own, links }];
      }),
  );
  return { state, deleted };
}
