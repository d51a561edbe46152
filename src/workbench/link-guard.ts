import { Refusal } from "../contract/plain.ts";
import type { OpenPlace } from "../insight/place/mod.ts";
import type { Link } from "../kernel/objects/mod.ts";
import { LINK_ALIAS_MARK, LINK_GROUP } from "../model/mod.ts";
import { ownerOfMark } from "../topology/state/mod.ts";

/** Whose links a change may be about. */
export interface Forcible {
  /** Also those that the engine or a topology has made, and would put back. */
  readonly force?: boolean;
}

/**
 * Refuses to touch what a network, an endpoint or a topology consists of.
 *
 * @param what As an infinitive: "remove link eth0".
 * @throws {Refusal} `in-use`, with what to do instead.
 */
export function guardLink(what: string, link: Link, place: Pick<OpenPlace, "ownerOf">, { force }: Forcible): void {
  if (force === true) return;
  const why = ownerSentence(link, place);
  if (why !== undefined) throw new Refusal("in-use", `Cannot ${what}: ${why}, or --force`);
}

function ownerSentence({ name, alias, group }: Link, { ownerOf }: Pick<OpenPlace, "ownerOf">): string | undefined {
  const owned = ownerOf(name);
  if (owned?.sandbox !== undefined) {
    const { network, sandbox } = owned;
    return `it joins sandbox ${sandbox} to network ${network}: want weft network disconnect ${network} ${sandbox}`;
  }
  if (owned !== undefined) {
    return `it is the bridge of network ${owned.network}: want weft network rm ${owned.network}`;
  }
  const topology = ownerOfMark(alias);
  if (topology !== undefined) {
    return `it is of topology ${topology}: want its file changed and weft up, or weft down --topology ${topology}`;
  }
  const isEngines = alias === undefined ? group === LINK_GROUP : alias.startsWith(LINK_ALIAS_MARK);
  return isEngines ? "it is of a network of Weft's: want weft network rm or disconnect" : undefined;
}

/** An alias that would pass a link for one of Weft's own. @throws {SyntaxError} */
export function parseAlias(text: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes > 255) throw new SyntaxError(`want at most 255 bytes, it has ${bytes}`);
  if (text.startsWith(LINK_ALIAS_MARK) || ownerOfMark(text) !== undefined) {
    throw new SyntaxError("it is how Weft marks its own links, want another");
  }
  return text;
}
