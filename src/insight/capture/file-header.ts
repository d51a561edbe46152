import { concatBytes } from "../../lib/mod.ts";
import type { IpAddress } from "../../net/mod.ts";
import { encodeInterface, encodeNames, encodeSection } from "./pcapng/mod.ts";
import type { OpenLink } from "./start-capture.ts";

export interface FileDescription {
  readonly links: readonly OpenLink[];
  readonly names: ReadonlyMap<IpAddress, string>;
  readonly snapBytes: number;
  /** As it was typed. */
  readonly filter?: string;
  /** Who writes: `weft 1.2.3`. */
  readonly application: string;
}

/** What a file says of a link, before its first packet. */
export function encodeLink(
  { link, linkType, description }: OpenLink,
  { snapBytes, filter }: Pick<FileDescription, "snapBytes" | "filter">,
): Uint8Array {
  return encodeInterface({
    linkType,
    snapBytes,
    name: link.name,
    ...(description !== undefined && { description }),
    ...(link.mac !== undefined && { mac: link.mac }),
    ...(filter !== undefined && { filter }),
  });
}

/** What a capture file begins with: who made it, where, and what addresses are called. */
export function encodeFileHeader({ links, names, application, ...description }: FileDescription): Uint8Array {
  return concatBytes([
    encodeSection({ application }),
    ...links.map((link) => encodeLink(link, description)),
    ...(names.size === 0 ? [] : [encodeNames(names)]),
  ]);
}
