import type { Brand } from "../../lib/mod.ts";
import type { LinkName } from "../../net/mod.ts";

/** What a topology is called: its mark on links and tables. */
export type TopologyName = Brand<string, "TopologyName">;

/** A namespace of a topology, or `host`. */
export type PlaceName = Brand<string, "PlaceName">;

/** The namespace that weft runs in. */
export const HOST: PlaceName = "host" as PlaceName;

/** A link and where it is: `blue/veth-blue-red`. */
export interface LinkPlace {
  readonly place: PlaceName;
  readonly link: LinkName;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const WANTED = "want a letter or digit, then up to 63 letters, digits, dots, dashes and underscores";

/** @throws {SyntaxError} */
export function parseTopologyName(text: string): TopologyName {
  if (!NAME.test(text)) throw new SyntaxError(`Cannot parse topology name ${JSON.stringify(text)}: ${WANTED}`);
  return text as TopologyName;
}

/** The name of a namespace, which is also its file's. @throws {SyntaxError} */
export function parsePlaceName(text: string): PlaceName {
  if (!NAME.test(text)) throw new SyntaxError(`Cannot parse namespace name ${JSON.stringify(text)}: ${WANTED}`);
  if (text === HOST) throw new SyntaxError(`Cannot parse namespace name "host": it is the host's own, want another`);
  return text as PlaceName;
}

export function formatLinkPlace({ place, link }: LinkPlace): string {
  return `${place}/${link}`;
}
