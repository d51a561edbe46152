import type { Node } from "./node.ts";

/** What makes two items of `ports` the same when files merge: address, host port, port and protocol. Nothing is checked here. */
export function portKey(item: Node): string | undefined {
  if (item.kind === "list") return undefined;
  if (item.kind === "map") {
    const read = (key: string): string => {
      const value = item.entries.get(key)?.value;
      return value?.kind === "scalar" ? value.text : "";
    };
    return key(read("host_ip"), read("published"), read("target"), read("protocol"));
  }
  const match = /^(?:(?:(.*):)?([^:]*):)?([^:/]*)(?:\/(.*))?$/.exec(item.text);
  if (match === null) return item.text;
  const [, address = "", published = "", target = "", protocol = ""] = match;
  return key(address.replace(/^\[|\]$/g, ""), published, target, protocol);
}

function key(address: string, published: string, target: string, protocol: string): string {
  return [address, published, target, protocol === "" ? "tcp" : protocol].join(" ");
}
