import { type IpAddress, prefixAddress } from "../../net/mod.ts";
import type { FieldPath, YamlDocument } from "../../yaml-file/mod.ts";
import { formatLinkPlace, type LinkPlace, type TopologyLink } from "../state/mod.ts";
import type { LinksByPlace, PlaceFields } from "./links.ts";

/** An address of the file and the link that has it. */
interface Holder {
  readonly at: LinkPlace;
  readonly path: FieldPath;
}

/**
 * An address is on one link only, wherever packets could tell the difference: in one namespace, and on one segment. Namespaces that
 * do not share a segment may well use the same addresses.
 *
 * @throws {YamlFileError}
 */
export function checkAddresses(document: YamlDocument, links: LinksByPlace, places: readonly PlaceFields[]): void {
  const segments = findSegments(links);
  const held = new Map<string, Holder>();
  for (const { name: place, path, input } of places) {
    for (const [link, { addresses }] of links.get(place) ?? []) {
      for (const text of addresses) {
        const address = prefixAddress(text);
        const at = { place, link };
        const item = input.links?.[link]?.addresses?.indexOf(text) ?? 0;
        const own = { at, path: [...path, "links", link, "addresses", item] };
        for (const key of scopes(address, at, segments)) {
          const other = held.get(key);
          if (other !== undefined) {
            throw document.refuse(own.path, `${formatLinkPlace(other.at)} has ${address}, too: want it on one link`);
          }
          held.set(key, own);
        }
      }
    }
  }
}

/** Link-local addresses belong to their link alone. */
function scopes(address: IpAddress, at: LinkPlace, segments: ReadonlyMap<string, string>): readonly string[] {
  const segment = `segment ${segments.get(formatLinkPlace(at))} ${address}`;
  return address.startsWith("fe80:") ? [segment] : [`place ${at.place} ${address}`, segment];
}

/** For each link one link that stands for its segment: what frames reach without a router. */
function findSegments(links: LinksByPlace): ReadonlyMap<string, string> {
  const parents = new Map<string, string>();
  const rootOf = (name: string): string => {
    const parent = parents.get(name) ?? name;
    if (parent === name) return name;
    const root = rootOf(parent);
    parents.set(name, root); // the next way up is short
    return root;
  };
  const all = [...links].flatMap(([place, own]) =>
    Array.from(own, ([link, facts]) => ({ at: { place, link }, facts })),
  );
  for (const { at, facts } of all) {
    for (const other of neighbours(at, facts)) {
      parents.set(rootOf(formatLinkPlace(at)), rootOf(formatLinkPlace(other)));
    }
  }
  return new Map(all.map(({ at }) => [formatLinkPlace(at), rootOf(formatLinkPlace(at))]));
}

function neighbours({ place }: LinkPlace, { kind, bridge }: TopologyLink): readonly LinkPlace[] {
  return [
    ...(bridge === undefined ? [] : [{ place, link: bridge }]),
    ...(kind.kind === "veth" ? [kind.peer] : []),
    ...(kind.kind === "macvlan" || kind.kind === "ipvlan" ? [kind.lower] : []),
  ];
}
