import type { Neighbour } from "../../kernel/objects/mod.ts";
import { openRouteClient } from "../../kernel/route/mod.ts";
import { addressFamily, type IpFamily } from "../../net/mod.ts";
import type { Names, OpenPlace } from "../place/mod.ts";
import { linkNames } from "./links.ts";

export interface NeighbourView extends Omit<Neighbour, "link"> {
  readonly link: string;
  readonly family: IpFamily;
  /** What the address is called. */
  readonly name?: string;
}

export interface NeighbourListFilter {
  readonly family?: IpFamily;
  /** Also those that no packet is sent to by: loopback, multicast and broadcast, which the kernel keeps as `noarp`. */
  readonly all?: boolean;
}

/** ARP and neighbour discovery of a place, by link. */
export function viewNeighbours(
  { netns }: Pick<OpenPlace, "netns">,
  names: Names,
  { family, all = false }: NeighbourListFilter = {},
): readonly NeighbourView[] {
  using client = openRouteClient({ netns });
  const links = linkNames(client.links.summaries());
  return client.neighbours
    .list(family === undefined ? {} : { family })
    .filter(({ state }) => all || state !== "noarp")
    .toSorted((a, b) => a.link - b.link)
    .map(({ link, ...neighbour }) => {
      const name = names.ofAddress(neighbour.address);
      return {
        link: links.get(link) ?? String(link),
        family: addressFamily(neighbour.address),
        ...neighbour,
        ...(name !== undefined && { name }),
      };
    });
}
