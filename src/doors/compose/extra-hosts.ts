import { parseDnsName } from "../../model/mod.ts";
import { parseIpAddress } from "../../net/mod.ts";
import type { ComposeHost } from "./compose-project.ts";
import { entriesOf, type Field, itemsOf, located, parsedOf, textOf, textsOf } from "./field.ts";

/** `NAME=ADDRESS` or `NAME:ADDRESS` in a list, or a mapping of names to one address or several. */
export function readExtraHosts(field: Field | undefined): readonly ComposeHost[] {
  if (field === undefined) return [];
  if (field.node.kind === "list") {
    return itemsOf(field).map((item) => parsedOf(item, parseExtraHost, "NAME=ADDRESS"));
  }
  return entriesOf(field, "a mapping or a list of NAME=ADDRESS").flatMap((entry) =>
    textsOf(entry).map((address) =>
      located(address, () => ({ name: parseDnsName(entry.key), address: parseHostAddress(textOf(address)) })),
    ),
  );
}

/** @throws {SyntaxError} */
export function parseExtraHost(text: string): ComposeHost {
  // The equals sign wins: an IPv6 address is full of colons, a name has none.
  const match = /^([^=:]*)[=:](.+)$/.exec(text);
  if (match === null) {
    throw new SyntaxError(
      `Cannot parse extra host ${JSON.stringify(text)}: want NAME=ADDRESS, such as db=10.0.0.5 or db=host-gateway`,
    );
  }
  return { name: parseDnsName(match[1] ?? ""), address: parseHostAddress(match[2] ?? "") };
}

function parseHostAddress(text: string): ComposeHost["address"] {
  if (text === "host-gateway") return text;
  return parseIpAddress(text.replace(/^\[(.*)\]$/, "$1"));
}
