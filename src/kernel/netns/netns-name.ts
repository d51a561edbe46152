import type { Brand } from "../../lib/mod.ts";

/** Where `ip netns` keeps named namespaces. */
export const NETNS_DIRECTORY = "/run/netns";

/** The name of a file in `/run/netns`. */
export type NetnsName = Brand<string, "NetnsName">;

/** @throws {SyntaxError} names the text and what was wanted. */
export function parseNetnsName(text: string): NetnsName {
  const isFileName =
    text !== "" && text !== "." && text !== ".." && !/[/\0]/.test(text) && Buffer.byteLength(text) <= 255;
  if (!isFileName) {
    throw new SyntaxError(`Cannot parse namespace name ${JSON.stringify(text)}: want a file name, such as blue`);
  }
  return text as NetnsName;
}

/** @param directory Where names are; default: that of `ip netns`. */
export function netnsPath(name: NetnsName, directory: string = NETNS_DIRECTORY): string {
  return `${directory}/${name}`;
}
