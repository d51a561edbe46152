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

/** What a capture file begins with: who made it, where, and what addresses are called. */
export function encodeFileHeader({ links, names, snapBytes, filter, application }: FileDescription): Uint8Array {
  const interfaces = links.map(({ link, linkType, description }) =>
    encodeInterface({
      linkType,
      snapBytes,
      name: link.name,
      ...(description !== undefined && { description }),
      ...(link.mac !== undefined && { mac: link.mac }),
      ...(filter !== undefined && { filter }),
    }),
  );
  return concatBytes([
    encodeSection({ application }),
    ...interfaces,
    ...(names.size === 0 ? [] : [encodeNames(names)]),
  ]);
}
