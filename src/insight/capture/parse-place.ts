import { type NetnsReference, parseNetnsName } from "../../kernel/netns/mod.ts";
import { type LinkName, parseLinkName } from "../../net/mod.ts";

/** Where to capture, as it was asked for. Without a link: all links of the place. */
export type Place =
  | { readonly kind: "namespace"; readonly namespace: NetnsReference; readonly link?: LinkName }
  | { readonly kind: "sandbox"; readonly name: string; readonly link?: LinkName }
  /** In the namespace that we are in. */
  | { readonly kind: "link"; readonly link: LinkName }
  | { readonly kind: "all links" }
  /** A sandbox, a link, or a namespace of `ip netns`: whichever there is. */
  | { readonly kind: "word"; readonly word: string; readonly link?: LinkName };

const FORMS = "NAME, NAME:LINK, sandbox:NAME, link:LINK, netns:NAME, pid:NUMBER, a path, or any";

/** @throws {SyntaxError} names the text and what was wanted. */
export function parsePlace(text: string): Place {
  if (text === "any") return { kind: "all links" };
  if (text.startsWith("/")) {
    const [, path = text, link] = /^(.+):([^:/]*)$/.exec(text) ?? [];
    return { kind: "namespace", namespace: { kind: "path", path }, ...linkOf(link) };
  }
  const [first = "", second, third, ...more] = text.split(":");
  if (first === "" || second === "" || third === "" || more.length > 0) throw unknownForm(text);
  switch (first) {
    case "link":
      if (second === undefined || third !== undefined) throw unknownForm(text);
      return { kind: "link", link: parseLinkName(second) };
    case "sandbox":
      if (second === undefined) throw unknownForm(text);
      return { kind: "sandbox", name: second, ...linkOf(third) };
    case "netns":
      if (second === undefined) throw unknownForm(text);
      return { kind: "namespace", namespace: { kind: "name", name: parseNetnsName(second) }, ...linkOf(third) };
    case "pid":
      return { kind: "namespace", namespace: { kind: "pid", pid: parsePid(text, second) }, ...linkOf(third) };
    default:
      if (third !== undefined) throw unknownForm(text);
      return { kind: "word", word: first, ...linkOf(second) };
  }
}

function linkOf(text: string | undefined): { readonly link?: LinkName } {
  return text === undefined ? {} : { link: parseLinkName(text) };
}

function parsePid(text: string, digits: string | undefined): number {
  if (digits === undefined || !/^[1-9]\d{0,9}$/.test(digits)) throw unknownForm(text);
  return Number(digits);
}

function unknownForm(text: string): SyntaxError {
  return new SyntaxError(`Cannot parse place ${JSON.stringify(text)}: want ${FORMS}`);
}
