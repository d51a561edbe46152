import type { OpenPlace } from "../insight/place/mod.ts";
import { getLink } from "../insight/state/mod.ts";
import { type NewNeighbour, openRouteClient } from "../kernel/route/mod.ts";
import { acting } from "./acting.ts";

type Place = Pick<OpenPlace, "netns">;

export interface NeighbourSpec extends Omit<NewNeighbour, "link"> {
  readonly link: string;
  /** Also where there is one already. */
  readonly replace?: boolean;
}

/** @throws {Refusal} `conflict` when the link has an entry of that address. */
export function addNeighbour({ netns }: Place, { link: name, replace, ...neighbour }: NeighbourSpec): void {
  using client = openRouteClient({ netns });
  const link = getLink(client.links.summaries(), name).index;
  const taken = { EEXIST: ["conflict", `link ${name} has an entry of it already, want --replace`] } as const;
  acting(`add neighbour ${neighbour.address}`, taken, () => {
    if (replace === true) client.neighbours.replace({ ...neighbour, link });
    else client.neighbours.add({ ...neighbour, link });
  });
}

/** @throws {Refusal} `not-found` */
export function removeNeighbour(
  { netns }: Place,
  { link: name, address, proxy }: Pick<NeighbourSpec, "link" | "address" | "proxy">,
): void {
  using client = openRouteClient({ netns });
  const link = getLink(client.links.summaries(), name).index;
  const none = { ENOENT: ["not-found", `link ${name} has no entry of it`] } as const;
  acting(`remove neighbour ${address}`, none, () =>
    client.neighbours.delete({ link, address, ...(proxy !== undefined && { proxy }) }),
  );
}
