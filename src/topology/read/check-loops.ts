import type { YamlDocument } from "../../yaml-file/mod.ts";
import { carrierOf, formatLinkPlace, type LinkPlace } from "../state/mod.ts";
import type { LinksByPlace, PlaceFields } from "./links.ts";

/** No link may lie, over others, on itself: there would be none to begin with. @throws {YamlFileError} */
export function checkLoops(document: YamlDocument, links: LinksByPlace, places: readonly PlaceFields[]): void {
  for (const { name: place, path } of places) {
    for (const link of links.get(place)?.keys() ?? []) {
      const start = { place, link };
      const way = [formatLinkPlace(start)];
      for (let next = below(links, start); next !== undefined; next = below(links, next)) {
        const name = formatLinkPlace(next);
        if (name === way[0]) {
          throw document.refuse([...path, "links", link, "lower"], `a loop: ${[...way, name].join(" lies on ")}`);
        }
        if (way.includes(name)) break; // a loop further down, whose own links say so
        way.push(name);
      }
    }
  }
}

function below(links: LinksByPlace, { place, link }: LinkPlace): LinkPlace | undefined {
  const kind = links.get(place)?.get(link)?.kind;
  return kind && carrierOf(kind, place);
}
