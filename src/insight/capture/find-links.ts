import { Refusal } from "../../contract/plain.ts";
import type { Link } from "../../kernel/objects/mod.ts";
import { openRouteClient } from "../../kernel/route/mod.ts";
import type { Netns } from "../../sys/mod.ts";
import { type Names, type OpenPlace, OWN_PLACE, type OwnedLink, openPlace } from "../place/mod.ts";
import type { CapturePlace } from "./capture-place.ts";

/** What there is to capture on. */
export interface FoundLink {
  readonly netns: Netns;
  readonly link: Link;
  /** Its name, with what people call its place: `web:eth0`. */
  readonly label: string;
  /** Weft's words for it: `sandbox web, network front`; what else is known of it when it is not ours. */
  readonly description?: string;
  /** It was asked for by its name, and not only because it is there. */
  readonly isNamed: boolean;
}

/** A namespace all of whose links were asked for, those that come later among them. */
export interface FollowedPlace {
  readonly netns: Netns;
  /** Those that there are by then. */
  readonly links: () => readonly FoundLink[];
}

export interface FoundLinks {
  readonly links: readonly FoundLink[];
  readonly places: readonly FollowedPlace[];
}

/**
 * Finds the links of places, each once. Their namespaces are open until `owner` is disposed of.
 *
 * @throws {Refusal} names the place or the link that is not there, or is not the only one of its name.
 */
export function findLinks(asked: readonly CapturePlace[], names: Names, owner: DisposableStack): FoundLinks {
  const found = asked.map((each) => linksOf(each, names, owner));
  const seen = new Set<string>();
  const links = found
    .flatMap((each) => each.links)
    .filter((link) => {
      const key = linkKey(link);
      const isNew = !seen.has(key);
      seen.add(key);
      return isNew;
    });
  const places = found.flatMap((each) => each.places);
  const isFirst = ({ netns }: FollowedPlace, index: number): boolean =>
    places.findIndex((other) => other.netns.isSame(netns)) === index;
  return { links, places: places.filter(isFirst) };
}

/** What tells a link of any namespace from all others that there are. */
export function linkKey({ netns, link }: Pick<FoundLink, "netns" | "link">): string {
  return `${netns.identity.dev} ${netns.identity.ino} ${link.index}`;
}

function linksOf(asked: CapturePlace, names: Names, owner: DisposableStack): FoundLinks {
  const { title = "" } = asked;
  const own = asked.mayBeLink ? describeLinks(owner.use(openPlace(OWN_PLACE, names)), {}, title) : [];
  if (own.length === 0) {
    try {
      return describeAll(asked, owner.use(openPlace(asked.place, names)));
    } catch (error) {
      if (!asked.mayBeLink || !(error instanceof Refusal) || error.kind !== "not-found") throw error;
      const sandboxes = names.daemon === undefined ? "no daemon runs that could know a sandbox" : "no sandbox is";
      throw new Refusal(
        "not-found",
        `Cannot capture on ${title}: neither a link here nor a namespace of ip netns is called so, and ${sandboxes}`,
      );
    }
  }
  if (isPlace(asked, names)) {
    throw new Refusal(
      "invalid",
      `Cannot capture on ${title}: a link and a namespace are called so, want link:${title}, sandbox:${title} or netns:${title}`,
    );
  }
  return { links: own, places: [] };
}

function isPlace({ place }: CapturePlace, names: Names): boolean {
  try {
    openPlace(place, names)[Symbol.dispose]();
    return true;
  } catch (error) {
    return !(error instanceof Refusal && error.kind === "not-found");
  }
}

/** @throws {Refusal} when the link that was asked for is not there. */
function describeAll({ title, link }: CapturePlace, place: OpenPlace): FoundLinks {
  const look = (): readonly FoundLink[] => describeLinks(place, title === undefined ? {} : { title }, link);
  const found = look();
  const places = link === undefined ? [{ netns: place.netns, links: look }] : [];
  if (found.length > 0) return { links: found, places };
  const there = describeLinks(place, {}).map(({ label }) => label);
  const where = title === undefined ? "here" : `in ${title}`;
  throw new Refusal("not-found", `Cannot capture on link ${link} ${where}: want one of ${there.join(", ")}`);
}

/** @param wanted A name, or another name of the link; absent: all. */
function describeLinks(
  { netns, ownerOf }: OpenPlace,
  { title }: { readonly title?: string },
  wanted?: string,
): readonly FoundLink[] {
  using route = openRouteClient({ netns });
  return route.links
    .list()
    .filter(({ name, altNames }) => wanted === undefined || name === wanted || altNames.includes(wanted))
    .map((link) => {
      const owned = ownerOf(link.name);
      const description = owned === undefined ? (link.alias ?? title) : formatOwner(owned);
      return {
        ...{ netns, link, isNamed: wanted !== undefined },
        label: title === undefined ? link.name : `${title}:${link.name}`,
        ...(description !== undefined && { description }),
      };
    });
}

function formatOwner({ network, sandbox }: OwnedLink): string {
  return sandbox === undefined ? `network ${network}` : `sandbox ${sandbox}, network ${network}`;
}
