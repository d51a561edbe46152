import { type ListedNetns, listNetns } from "../../kernel/netns/mod.ts";
import { openRouteClient, type RouteClient } from "../../kernel/route/mod.ts";
import type { Names, OpenPlace } from "../place/mod.ts";
import type { LinkView } from "./links.ts";
import { isUnseen, labelOf, openListed, sandboxesByInode } from "./namespace-label.ts";

/**
 * Says of links whose other end, or lower link, is in another namespace what both are called. This asks the kernel about every
 * namespace of the machine, some tens of microseconds each; those that are not ours to open stay numbers.
 */
export function nameFarEnds(
  links: readonly LinkView[],
  { netns }: Pick<OpenPlace, "netns">,
  names: Names,
): readonly LinkView[] {
  const wanted = Map.groupBy(links, ({ lower }) => lower?.namespaceId);
  wanted.delete(undefined);
  if (wanted.size === 0) return links;
  using client = openRouteClient({ netns });
  const sandboxes = sandboxesByInode(names);
  const named = new Map<number, NonNullable<LinkView["lower"]>>();
  for (const listed of listNetns(names.netnsDirectory)) {
    const found = look(listed, client, wanted);
    if (found === undefined) continue;
    const namespace = labelOf(listed, sandboxes.get(listed.ino) ?? []);
    for (const [index, lower] of found) named.set(index, { ...lower, namespace });
    if (named.size === links.length) break;
  }
  return links.map((link) => {
    const lower = named.get(link.index);
    return lower === undefined ? link : { ...link, lower };
  });
}

/** The far ends that are in one namespace, by the number of the link here; `undefined` when it is none of the wanted ones. */
function look(
  listed: ListedNetns,
  client: RouteClient,
  wanted: ReadonlyMap<number | undefined, readonly LinkView[]>,
): ReadonlyMap<number, NonNullable<LinkView["lower"]>> | undefined {
  try {
    using netns = openListed(listed);
    const id = client.namespaceIds.find(netns);
    const links = id === undefined ? undefined : wanted.get(id);
    if (links === undefined) return undefined;
    using there = openRouteClient({ netns });
    const byIndex = new Map(there.links.summaries().map(({ index, name }) => [index as number, name]));
    return new Map(
      links.flatMap(({ index, lower }) => {
        if (lower === undefined) return [];
        const name = byIndex.get(lower.index);
        return [[index, { ...lower, ...(name !== undefined && { name }) }] as const];
      }),
    );
  } catch (error) {
    if (isUnseen(error)) return undefined;
    throw error;
  }
}
