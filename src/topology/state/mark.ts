import type { IpvlanModeName, MacvlanModeName } from "../../kernel/objects/mod.ts";
import type { NftTableId } from "../../kernel/objects/nftables/mod.ts";
import { unreachable } from "../../lib/mod.ts";
import { type IpAddress, type LinkName, parseIpAddress, parseLinkName } from "../../net/mod.ts";
import { formatLinkPlace, type LinkPlace, type PlaceName, type TopologyName } from "./names.ts";
import type { TopologyLinkKind } from "./topology-state.ts";

/**
 * The kernel is the only state that a topology has: what belongs to one says so, and is found again by that. Links by their alias,
 * namespaces by the alias of their loopback, routes and rules by their protocol, rules of the firewall by their table.
 *
 * The alias does not begin with `weft `: that is the mark of the engine, which takes away such links when it does not know them.
 */
export function topologyMark(name: TopologyName): string {
  return `weft-topology ${name}`;
}

/** What a namespace has been given beside links: elsewhere nobody needs to look for it. */
export type PlaceFeature = "rules" | "firewall";

/** Of a namespace's loopback: `weft-topology chain firewall`. */
export function formatPlaceMark(name: TopologyName, features: Iterable<PlaceFeature>): string {
  return [topologyMark(name), ...features].join(" ");
}

/** The inverse, of an alias that `ownerOfMark` knows. */
export function featuresOfMark(alias: string | undefined): ReadonlySet<PlaceFeature> {
  const words = new Set(alias?.split(" ").slice(2));
  return new Set((["rules", "firewall"] as const).filter((feature) => words.has(feature)));
}

/** Whose the alias is, `undefined` when no topology's. */
export function ownerOfMark(alias: string | undefined): string | undefined {
  return /^weft-topology (\S+)/.exec(alias ?? "")?.[1];
}

/** Of our routes and rules: `RTPROT_*` numbers from 50 on are free for programs; the engine has 87. */
export const TOPOLOGY_PROTOCOL = 88;

export function topologyTable(name: TopologyName): NftTableId {
  return { family: "inet", name: `weft-topology-${name}` };
}

/**
 * The group that a topology's links have from the moment they are made, when the kernel takes no alias yet: made by one number
 * out of the name (FNV-1a, 31 bits, never 0).
 */
export function topologyGroup(name: TopologyName): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(topologyMark(name))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return (hash & 0x7fffffff) | 0x40000000;
}

/** Says all that the kernel does not tell of how a link was made: `weft-topology chain veth peer=blue/veth-blue-red`. */
export function formatLinkMark(name: TopologyName, kind: TopologyLinkKind): string {
  const words = markWords(kind).map(([key, value]) => `${key}=${value}`);
  return [topologyMark(name), ...(kind.kind === "loopback" ? [] : [kind.kind]), ...words].join(" ");
}

function markWords(kind: TopologyLinkKind): readonly (readonly [string, string | number])[] {
  switch (kind.kind) {
    case "loopback":
    case "bridge":
    case "dummy":
    case "other":
      return [];
    case "veth":
      return [["peer", formatLinkPlace(kind.peer)]];
    case "macvlan":
    case "ipvlan":
      return [
        ["lower", formatLinkPlace(kind.lower)],
        ["mode", kind.mode],
      ];
    case "vlan":
      return [
        ["lower", formatLinkPlace(kind.lower)],
        ["id", kind.id],
      ];
    case "vxlan": {
      const { vni, port, lower, local, remote } = kind;
      return Object.entries({ vni, port, lower, local, remote }).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, value] as const],
      );
    }
    default:
      return unreachable(kind);
  }
}

/** The inverse of `formatLinkMark`; `undefined` for what it did not write, such as a mark that is not whole. */
export function parseLinkMark(alias: string): TopologyLinkKind | undefined {
  const [, , kind, ...words] = alias.split(" ");
  const facts = new Map(words.map((word) => [word.split("=", 1)[0] ?? "", word.slice(word.indexOf("=") + 1)]));
  try {
    return kindOfFacts(kind, facts);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function kindOfFacts(kind: string | undefined, facts: ReadonlyMap<string, string>): TopologyLinkKind | undefined {
  switch (kind) {
    case "bridge":
    case "dummy":
      return { kind };
    case "veth":
      return { kind, peer: parsePair(facts.get("peer")) };
    case "macvlan":
      return { kind, lower: parsePair(facts.get("lower")), mode: (facts.get("mode") ?? "bridge") as MacvlanModeName };
    case "ipvlan":
      return { kind, lower: parsePair(facts.get("lower")), mode: (facts.get("mode") ?? "l2") as IpvlanModeName };
    case "vlan":
      return { kind, lower: parsePair(facts.get("lower")), id: Number(facts.get("id")) };
    case "vxlan": {
      const [lower, local, remote] = [facts.get("lower"), facts.get("local"), facts.get("remote")];
      return {
        kind,
        vni: Number(facts.get("vni")),
        port: Number(facts.get("port")),
        ...(lower !== undefined && { lower: parseLinkName(lower) }),
        ...(local !== undefined && { local: parseIpAddress(local) }),
        ...(remote !== undefined && { remote: parseIpAddress(remote) }),
      } satisfies { lower?: LinkName; local?: IpAddress } & TopologyLinkKind;
    }
    default:
      return undefined;
  }
}

function parsePair(text = ""): LinkPlace {
  const slash = text.indexOf("/");
  return { place: text.slice(0, slash) as PlaceName, link: parseLinkName(text.slice(slash + 1)) };
}
