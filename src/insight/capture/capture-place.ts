import { type LinkName, parseLinkName } from "../../net/mod.ts";
import { OWN_PLACE, type PlaceReference, parsePlace } from "../place/mod.ts";

/** Where to capture, as it was asked for. */
export interface CapturePlace {
  /** How people call the namespace: as they wrote it, without the link; absent for the one that we are in. */
  readonly title?: string;
  readonly place: PlaceReference;
  /** Absent: all links of the namespace. */
  readonly link?: LinkName;
  /** The word by itself may also name a link of the namespace that we are in. */
  readonly mayBeLink: boolean;
}

/**
 * `web`, `web:eth0`, `link:eth0`, `any`, and the place of any other command, with or without `:LINK` behind it.
 *
 * @throws {SyntaxError}
 */
export function parseCapturePlace(text: string): CapturePlace {
  if (text === "any") return { place: OWN_PLACE, mayBeLink: false };
  const [, own] = /^link:(.*)$/s.exec(text) ?? [];
  if (own !== undefined) return { place: OWN_PLACE, link: parseLinkName(own), mayBeLink: false };
  const [, title = text, link] = /^((?:(?:pid|netns|sandbox):)?[^:]*):([^:]*)$/s.exec(text) ?? [];
  // `pid:17` has no link, but `pid:17:eth0` has.
  if (link === undefined || /^(?:pid|netns|sandbox)$/.test(title)) return whole(text);
  return { ...whole(title), link: parseLinkName(link), mayBeLink: false };
}

function whole(text: string): CapturePlace {
  const place = parsePlace(text);
  if (place.kind === "name" && text.includes(":")) {
    throw new SyntaxError(
      `Cannot parse place ${JSON.stringify(text)}: want NAME, NAME:LINK, link:LINK, any, a path, pid:PID, sandbox:NAME or netns:NAME`,
    );
  }
  return { title: titleOf(text, place), place, mayBeLink: place.kind === "name" };
}

/** The kind before the name says which one it is, and is no part of it; of a process it is all there is. */
function titleOf(text: string, place: PlaceReference): string {
  return place.kind === "sandbox" || place.kind === "netns" ? place.name : text;
}
