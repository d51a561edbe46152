import type { TokenBucket } from "../../kernel/objects/mod.ts";
import { nearest, unreachable } from "../../lib/mod.ts";
import { type LinkName, type MacAddress, parseLinkName, prefixFamily } from "../../net/mod.ts";
import type { FieldPath, YamlDocument, YamlFileError } from "../../yaml-file/mod.ts";
import {
  formatLinkPlace,
  HOST,
  type LinkPlace,
  type PlaceName,
  parsePlaceName,
  type TopologyLink,
  type TopologyLinkKind,
} from "../state/mod.ts";
import type { LinkInput, PlaceInput } from "./schema.ts";

/** One namespace, or the host, as the file has it. */
export interface PlaceFields {
  readonly name: PlaceName;
  readonly path: FieldPath;
  readonly input: PlaceInput;
}

export type LinksByPlace = ReadonlyMap<PlaceName, ReadonlyMap<LinkName, TopologyLink>>;

/** A link as the file has it, and where. */
interface LinkFields {
  readonly at: LinkPlace;
  readonly path: FieldPath;
  readonly input: LinkInput;
}

const MACVLAN_MODES = ["bridge", "private", "vepa", "passthru"] as const;
const IPVLAN_MODES = ["l2", "l3", "l3s"] as const;
const LOOPBACK: LinkName = parseLinkName("lo");
const IPV6_MIN_MTU = 1280;
const IANA_VXLAN_PORT = 4789;
const VETH_MTU = 1500;

/** All links of the file; every other end, bridge and lower link is there. @throws {YamlFileError} */
export function readLinks(document: YamlDocument, places: readonly PlaceFields[]): LinksByPlace {
  const fields = new Map(places.map((place) => [place.name, linkFields(place)]));
  const reader = new LinkReader(document, fields);
  return new Map(
    Array.from(fields, ([place, links]) => [
      place,
      new Map(Array.from(links, ([name, link]) => [name, reader.read(link)])),
    ]),
  );
}

function linkFields({ name: place, path, input }: PlaceFields): ReadonlyMap<LinkName, LinkFields> {
  return new Map(
    Object.entries(input.links ?? {}).map(([name, link]) => {
      const own = name as LinkName; // the schema has parsed it
      return [own, { at: { place, link: own }, path: [...path, "links", name], input: link ?? {} }];
    }),
  );
}

/** The fields that only some kinds have. */
const kindFields: Readonly<Record<TopologyLinkKind["kind"], readonly (keyof LinkInput)[]>> = {
  loopback: [],
  other: [],
  bridge: [],
  veth: ["peer", "bridge"],
  dummy: [],
  macvlan: ["lower", "mode", "bridge"],
  ipvlan: ["lower", "mode"],
  vlan: ["lower", "id", "bridge"],
  vxlan: ["lower", "vni", "local", "remote", "port", "bridge"],
};
const allKindFields = [...new Set(Object.values(kindFields).flat())];

class LinkReader {
  readonly #document: YamlDocument;
  readonly #fields: ReadonlyMap<PlaceName, ReadonlyMap<LinkName, LinkFields>>;
  /** Who names a link as its peer, by the link. */
  readonly #claims: ReadonlyMap<string, readonly LinkFields[]>;

  constructor(document: YamlDocument, fields: ReadonlyMap<PlaceName, ReadonlyMap<LinkName, LinkFields>>) {
    this.#document = document;
    this.#fields = fields;
    const claiming = [...fields.values()].flatMap((links) => [...links.values()]).filter(({ input }) => input.peer);
    this.#claims = Map.groupBy(claiming, ({ input }) => (input.peer === undefined ? "" : formatLinkPlace(input.peer)));
  }

  read(link: LinkFields): TopologyLink {
    const { input } = link;
    const kind = this.#kind(link);
    const stray = allKindFields.find((key) => input[key] !== undefined && !kindFields[kind.kind].includes(key));
    if (stray !== undefined) throw this.#refuse(link, stray, `a ${kind.kind} has none: want it without`);
    if (kind.kind === "ipvlan" && input.mac !== undefined) {
      throw this.#refuse(link, "mac", "an ipvlan has its lower link's: want it without");
    }
    this.#checkMtu(link);
    const mtu = input.mtu ?? (kind.kind === "veth" ? VETH_MTU : undefined);
    return {
      kind,
      up: input.up ?? true,
      addresses: [...new Set(input.addresses ?? [])],
      ...(mtu !== undefined && { mtu }),
      ...(input.mac !== undefined && { mac: this.#mac(link, input.mac) }),
      ...(input.bridge !== undefined && { bridge: this.#bridge(link, input.bridge) }),
      ...(input.limit !== undefined && { limit: tokenBucket(input.limit) }),
    };
  }

  #refuse(link: LinkFields, key: string, detail: string): YamlFileError {
    return this.#document.refuse([...link.path, key], detail);
  }

  #find({ place, link }: LinkPlace): LinkFields | undefined {
    return this.#fields.get(place)?.get(link);
  }

  #kind(link: LinkFields): TopologyLinkKind {
    const { input, at, path } = link;
    if (at.link === LOOPBACK) {
      if (input.kind !== undefined) throw this.#refuse(link, "kind", '"lo" is the loopback: want it without');
      if (at.place === HOST)
        throw this.#document.refuse(path, "the host's loopback is not a topology's: want another link");
      return { kind: "loopback" };
    }
    const kind = input.kind ?? "veth";
    switch (kind) {
      case "veth":
        return { kind: "veth", peer: this.#peer(link) };
      case "bridge":
        return { kind: "bridge" };
      case "dummy":
        return { kind: "dummy" };
      case "macvlan":
        return { kind, lower: this.#carrier(link, kind), mode: this.#mode(link, MACVLAN_MODES) };
      case "ipvlan":
        return { kind, lower: this.#carrier(link, kind), mode: this.#mode(link, IPVLAN_MODES) };
      case "vlan":
        if (input.id === undefined) throw this.#document.refuse(path, 'a vlan wants "id", its number');
        return { kind, lower: this.#carrier(link, kind), id: input.id };
      case "vxlan":
        return this.#vxlan(link);
      default:
        return unreachable(kind);
    }
  }

  #peer(link: LinkFields): LinkPlace {
    const { input, at, path } = link;
    const claims = this.#claims.get(formatLinkPlace(at)) ?? [];
    const peer = input.peer ?? claims[0]?.at;
    if (peer === undefined) {
      throw this.#document.refuse(path, `no link has it as its peer: want "peer" here or at the other end, or "kind"`);
    }
    const other = this.#find(peer);
    if (other === undefined) throw this.#refuse(link, "peer", this.#missing(peer));
    if (other === link) throw this.#refuse(link, "peer", "it is the link itself: want the other end");
    if ((other.input.kind ?? "veth") !== "veth") {
      throw this.#refuse(link, "peer", `${formatLinkPlace(peer)} is a ${other.input.kind}: want a veth`);
    }
    const third = claims.find((claim) => claim !== other);
    if (third !== undefined) {
      throw this.#refuse(
        third,
        "peer",
        `${formatLinkPlace(at)} is the other end of ${formatLinkPlace(peer)}: want one that is free`,
      );
    }
    if (other.input.peer !== undefined && formatLinkPlace(other.input.peer) !== formatLinkPlace(at)) {
      const named = formatLinkPlace(other.input.peer);
      throw this.#refuse(link, "peer", `${formatLinkPlace(peer)} has ${named} as its peer: want one that is free`);
    }
    return peer;
  }

  #missing({ place, link }: LinkPlace): string {
    const links = this.#fields.get(place);
    const wanted = (known: readonly string[], word: string): string => {
      const near = nearest(word, known);
      return near === undefined ? "" : `: did you mean ${JSON.stringify(near)}?`;
    };
    return links === undefined
      ? `there is no namespace ${JSON.stringify(place)}${wanted([...this.#fields.keys()], place)}`
      : `${place} has no link ${JSON.stringify(link)}${wanted([...links.keys()], link)}`;
  }

  #bridge(link: LinkFields, bridge: LinkName): LinkName {
    const found = this.#find({ place: link.at.place, link: bridge });
    if (found === undefined) throw this.#refuse(link, "bridge", this.#missing({ place: link.at.place, link: bridge }));
    if (found.input.kind !== "bridge")
      throw this.#refuse(link, "bridge", `${bridge} is no bridge: want one of kind bridge`);
    return bridge;
  }

  /** Of the host also one that is not the topology's: a look at the kernel finds it. */
  #carrier(link: LinkFields, kind: string): LinkPlace {
    const text = link.input.lower;
    if (text === undefined) throw this.#document.refuse(link.path, `a ${kind} wants "lower", the link that carries it`);
    const [first = "", second] = text.split("/");
    const place =
      second === undefined ? link.at.place : this.#parse(link, () => (first === HOST ? HOST : parsePlaceName(first)));
    const lower = { place, link: this.#parse(link, () => parseLinkName(second ?? first)) };
    if (place !== HOST && this.#find(lower) === undefined) throw this.#refuse(link, "lower", this.#missing(lower));
    return lower;
  }

  /** The first is the default. */
  #mode<Mode extends string>(link: LinkFields, modes: readonly [Mode, ...Mode[]]): Mode {
    const { mode } = link.input;
    const found = mode === undefined ? modes[0] : modes.find((each) => each === mode);
    if (found !== undefined) return found;
    throw this.#refuse(link, "mode", `got ${JSON.stringify(mode)}: want ${modes.join(", ")}`);
  }

  #vxlan(link: LinkFields): TopologyLinkKind {
    const { vni, local, remote, port, lower } = link.input;
    if (vni === undefined) throw this.#document.refuse(link.path, 'a vxlan wants "vni", its number');
    const name = lower === undefined ? undefined : this.#parse(link, () => parseLinkName(lower));
    if (name !== undefined && link.at.place !== HOST) {
      const at = { place: link.at.place, link: name };
      if (this.#find(at) === undefined) throw this.#refuse(link, "lower", this.#missing(at));
    }
    return {
      kind: "vxlan",
      vni,
      port: port ?? IANA_VXLAN_PORT,
      ...(name !== undefined && { lower: name }),
      ...(local !== undefined && { local }),
      ...(remote !== undefined && { remote }),
    };
  }

  #parse<T>(link: LinkFields, parse: () => T): T {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw this.#refuse(link, "lower", error.message.replace(/^Cannot/, "cannot"));
    }
  }

  #checkMtu(link: LinkFields): void {
    const { mtu, addresses = [] } = link.input;
    const six = addresses.findIndex((address) => prefixFamily(address) === "ipv6");
    if (mtu === undefined || mtu >= IPV6_MIN_MTU || six < 0) return;
    throw this.#refuse(link, "mtu", `${addresses[six]} wants at least ${IPV6_MIN_MTU} bytes (RFC 8200), have ${mtu}`);
  }

  #mac(link: LinkFields, mac: MacAddress): MacAddress {
    if ((Number.parseInt(mac.slice(0, 2), 16) & 1) === 0 && mac !== "00:00:00:00:00:00") return mac;
    throw this.#refuse(link, "mac", `${mac} is no station's: want an even first octet, such as 02:00:00:00:00:01`);
  }
}

/** Enough for a smooth flow where the file says only the rate: the burst of 20 ms, a queue of 100 ms. */
function tokenBucket({ rate, burst, queue }: NonNullable<LinkInput["limit"]>): TokenBucket {
  const bytesIn = (milliseconds: bigint): number => Number((rate * milliseconds) / 8000n);
  return {
    rateBits: rate,
    burstBytes: burst ?? Math.max(bytesIn(20n), 32_000),
    limitBytes: queue ?? Math.max(bytesIn(100n), 64_000),
  };
}
