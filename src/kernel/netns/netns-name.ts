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

export function netnsPath(name: NetnsName): string {
  return `${NETNS_DIRECTORY}/${name}`;
}
