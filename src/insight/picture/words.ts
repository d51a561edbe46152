import type { DefaultRoute, LinkNode, NamespaceNode } from "./graph.ts";
import { plainText, tellingAddresses } from "./plain-text.ts";

/** What a namespace is: `host`, `sandbox, stopped`, `router`; empty for one of which there is nothing to say. */
export function roleWords({ name, role, forwarding, stopped }: NamespaceNode): string {
  const words = [
    role === "namespace" || role === name ? "" : role,
    forwarding && role !== "host" ? "router" : "",
    stopped ? "stopped" : "",
  ];
  return words.filter((word) => word !== "").join(", ");
}

/** What a link is when it is no plain veth or hardware: `bridge`, `vxlan vni 42`, `down`. */
export function kindWords({ kind, note = "", up }: LinkNode): string {
  const isPlain = kind === "veth" || kind === "physical" || kind === "loopback";
  const words = [isPlain ? "" : kind, plainText(note.replace(/^mode /, "")), up ? "" : "down"];
  return words.filter((word) => word !== "").join(" ");
}

/** `default via 10.0.0.1`. */
export function routeWords({ via, link }: DefaultRoute): string {
  if (link === undefined) return "default dropped";
  return via === undefined ? `default on ${plainText(link)}` : `default via ${via}`;
}

/** A card is no list of thousands. */
const MOST_PORTS = 4;

/** `8080 to 80/tcp`, each; of many the first. */
export function publishedWords({ published }: NamespaceNode): readonly string[] {
  const words = published.map(({ protocol, hostAddress, hostPort, sandboxPort }) => {
    const host = hostAddress === undefined ? "" : hostAddress.includes(":") ? `[${hostAddress}]:` : `${hostAddress}:`;
    return `${host}${hostPort} to ${sandboxPort}/${protocol}`;
  });
  const more = words.length - MOST_PORTS;
  return more > 0 ? [...words.slice(0, MOST_PORTS), `and ${more} more`] : words;
}

/** All of a namespace but its links, a line each. */
export function namespaceLines(namespace: NamespaceNode): readonly string[] {
  const role = roleWords(namespace);
  const name = plainText(namespace.name);
  return [
    role === "" ? name : `${name} (${role})`,
    ...namespace.defaultRoutes.map(routeWords),
    ...publishedWords(namespace),
  ];
}

/** All of a link, a line each. */
export function linkLines(link: LinkNode): readonly string[] {
  const kind = kindWords(link);
  const name = plainText(link.name);
  return [kind === "" ? name : `${name} (${kind})`, ...tellingAddresses(link.addresses)];
}
