import {
  accept,
  anyOf,
  assign,
  ct,
  dnat,
  drop,
  masked,
  masquerade,
  match,
  meta,
  type NftChain,
  type NftFieldValue,
  type NftRule,
  type NftRuleset,
  type NftSelector,
  type NftStatement,
  type NftTest,
  payload,
  reject,
  rule,
} from "../../kernel/objects/nftables/mod.ts";
import {
  addressFamily,
  type IpPrefix,
  type PortRange,
  prefixAddress,
  prefixFamily,
  prefixLength,
} from "../../net/mod.ts";
import { HOST, type TopologyName, topologyTable } from "../state/mod.ts";
import type { TopologyDocument } from "./document.ts";
import type { PlaceFields } from "./links.ts";
import type { ChainInput, NatInput, PacketInput, PlaceInput } from "./schema.ts";
import type { FieldPath } from "./topology-error.ts";

interface FirewallReading {
  readonly document: TopologyDocument;
  readonly topology: TopologyName;
  readonly place: PlaceFields;
}

interface Compiled {
  readonly chain: NftChain;
  readonly rules: readonly NftRule[];
}

/** One table with what the place's `firewall` and `nat` say; `undefined` when they say nothing. @throws {TopologyError} */
export function readFirewall({ document, topology, place }: FirewallReading): NftRuleset | undefined {
  const compiler = new FirewallCompiler(document, place);
  const compiled = compiler.compile(place.input);
  if (compiled.length === 0) return undefined;
  return {
    table: topologyTable(topology),
    sets: [],
    elements: new Map(),
    chains: compiled.map(({ chain }) => chain),
    rules: compiled.flatMap(({ rules }) => rules),
  };
}

/** The hooks that a filter chain may be at, with the links that a packet has there. */
const filterHooks = {
  input: ["in"],
  forward: ["in", "out"],
  output: ["out"],
} as const;
type FilterHook = keyof typeof filterHooks;

const MANGLE = -150;
const DSTNAT = -100;
const SRCNAT = 100;

class FirewallCompiler {
  readonly #document: TopologyDocument;
  readonly #place: PlaceFields;

  constructor(document: TopologyDocument, place: PlaceFields) {
    this.#document = document;
    this.#place = place;
  }

  compile({ firewall = {}, nat = {} }: PlaceInput): readonly Compiled[] {
    const hooks = Object.keys(filterHooks) as readonly FilterHook[];
    return [
      ...this.#marks(firewall.marks ?? []),
      ...hooks.flatMap((hook) => {
        const chain = firewall[hook];
        return chain === undefined ? [] : [this.#filter(hook, chain)];
      }),
      ...this.#nat(nat),
    ];
  }

  #filter(hook: FilterHook, { policy = "accept", rules = [] }: ChainInput): Compiled {
    return {
      chain: { name: hook, base: { type: "filter", hook, priority: 0, policy } },
      rules: rules.flatMap((input, index) => {
        const path = [...this.#place.path, "firewall", hook, "rules", index];
        const tests = this.#packet(input, path, filterHooks[hook]);
        const more = [
          ...(input.state === undefined ? [] : [match(ct("state"), anyOf(...input.state))]),
          ...(input.mark === undefined ? [] : [markTest(input.mark)]),
        ];
        const verdict = { accept, drop, reject }[input.action]();
        return tests.map((packet) => rule(hook, [...packet, ...more, verdict], input.comment));
      }),
    };
  }

  #marks(inputs: NonNullable<NonNullable<PlaceInput["firewall"]>["marks"]>): readonly Compiled[] {
    if (inputs.length === 0) return [];
    const compiled = inputs.map(({ set, ...input }, index) => {
      const path = [...this.#place.path, "firewall", "marks", index];
      const keep = (~set.mask >>> 0) & 0xffffffff;
      const value: NftStatement =
        set.mask === 0xffffffff
          ? assign(meta("mark"), set.value)
          : assign(meta("mark"), masked(meta("mark"), { mask: keep >>> 0, xor: set.value }));
      return { isForeign: input.in !== undefined, tests: this.#packet(input, path, ["in"]), value };
    });
    const rulesOf = (chain: string, used: typeof compiled): readonly NftRule[] =>
      used.flatMap(({ tests, value }) => tests.map((packet) => rule(chain, [...packet, value])));
    return [
      {
        chain: { name: "mark_in", base: { type: "filter", hook: "prerouting", priority: MANGLE } },
        rules: rulesOf("mark_in", compiled),
      },
      {
        // Of type route: a packet with another mark is routed again.
        chain: { name: "mark_out", base: { type: "route", hook: "output", priority: MANGLE } },
        rules: rulesOf(
          "mark_out",
          compiled.filter(({ isForeign }) => !isForeign),
        ),
      },
    ];
  }

  #nat({ dnat: redirections = [], masquerade: masks = [] }: NatInput): readonly Compiled[] {
    return [
      ...(redirections.length === 0 ? [] : [this.#dnat(redirections)]),
      ...(masks.length === 0 ? [] : [this.#masquerade(masks)]),
    ];
  }

  #dnat(inputs: NonNullable<NatInput["dnat"]>): Compiled {
    return {
      chain: { name: "dnat", base: { type: "nat", hook: "prerouting", priority: DSTNAT } },
      rules: inputs.flatMap(({ to, ...input }, index) => {
        const path = [...this.#place.path, "nat", "dnat", index];
        if (to.ports !== undefined && input.ports === undefined) {
          throw this.#document.refuse([...path, "to"], 'it changes the port: want "protocol" and "ports"');
        }
        const family = addressFamily(to.address);
        const only = family === "ipv4" ? "ip" : "ip6";
        const tests = this.#packet(input, path, ["in"], family);
        const ports = to.ports === undefined ? {} : { ports: portValue(to.ports) };
        return tests.map((packet) => rule("dnat", [...packet, dnat({ family: only, address: to.address, ...ports })]));
      }),
    };
  }

  #masquerade(inputs: NonNullable<NatInput["masquerade"]>): Compiled {
    return {
      chain: { name: "masquerade", base: { type: "nat", hook: "postrouting", priority: SRCNAT } },
      rules: inputs.flatMap((input, index) => {
        const path = [...this.#place.path, "nat", "masquerade", index];
        if (input.out === undefined && input.source === undefined) {
          throw this.#document.refuse(path, 'it would change everything, loopback too: want "out" or "source"');
        }
        return this.#packet(input, path, ["out"]).map((packet) => rule("masquerade", [...packet, masquerade()]));
      }),
    };
  }

  /** The tests of a packet, once for each family where addresses say one. */
  #packet(
    input: PacketInput,
    path: FieldPath,
    links: readonly ("in" | "out")[],
    only?: "ipv4" | "ipv6",
  ): readonly (readonly NftStatement[])[] {
    for (const key of ["in", "out"] as const) this.#checkLinks(input, { path, key, allowed: links.includes(key) });
    this.#checkPorts(input, path);
    const common = [
      ...(input.in === undefined ? [] : [match(meta("iifname"), oneOf(input.in))]),
      ...(input.out === undefined ? [] : [match(meta("oifname"), oneOf(input.out))]),
    ];
    const families = this.#families(input, path, only);
    const behind = transportTests(input);
    return families.map((family) => [...common, ...addressTests(input, family), ...behind]);
  }

  #checkLinks(
    input: PacketInput,
    { path, key, allowed }: { readonly path: FieldPath; readonly key: "in" | "out"; readonly allowed: boolean },
  ): void {
    const links = input[key];
    if (links === undefined) return;
    if (!allowed)
      throw this.#document.refuse([...path, key], `packets have no such link here: want it without "${key}"`);
    if (this.#place.name === HOST) return; // the host has links of its own
    const missing = links.find((link) => link !== "lo" && this.#place.input.links?.[link] === undefined);
    if (missing === undefined) return;
    throw this.#document.refuse([...path, key], `${this.#place.name} has no link ${JSON.stringify(missing)}`);
  }

  #checkPorts({ protocol, ports, source_ports }: PacketInput, path: FieldPath): void {
    if (ports === undefined && source_ports === undefined) return;
    if (protocol === "tcp" || protocol === "udp" || protocol === "sctp") return;
    const have = protocol === undefined ? "" : `, have ${protocol}`;
    throw this.#document.refuse(
      [...path, ports === undefined ? "source_ports" : "ports"],
      `ports are of a protocol: want "protocol" tcp, udp or sctp${have}`,
    );
  }

  /** `undefined` is both at once. */
  #families(
    { source = [], destination = [] }: PacketInput,
    path: FieldPath,
    only?: "ipv4" | "ipv6",
  ): readonly ("ipv4" | "ipv6" | undefined)[] {
    const said = new Set([...source, ...destination].map(prefixFamily));
    const both = (list: readonly IpPrefix[], family: "ipv4" | "ipv6"): boolean =>
      list.length === 0 || list.some((prefix) => prefixFamily(prefix) === family);
    const possible = [...said].filter((family) => both(source, family) && both(destination, family));
    if (said.size === 0) return only === undefined ? [undefined] : [only];
    if (possible.length === 0 || (only !== undefined && !possible.includes(only))) {
      throw this.#document.refuse(path, "source and destination are of two families: no packet is like that");
    }
    return only === undefined ? possible.sort() : [only];
  }
}

function addressTests(
  { source = [], destination = [] }: PacketInput,
  family: "ipv4" | "ipv6" | undefined,
): readonly NftStatement[] {
  if (family === undefined) return [];
  const header = family === "ipv4" ? "ip" : "ip6";
  const of = (list: readonly IpPrefix[]): readonly IpPrefix[] => list.filter((each) => prefixFamily(each) === family);
  const tests = [
    ...(of(source).length === 0 ? [] : [match(payload(`${header} saddr`), oneOf(of(source).map(addressValue)))]),
    ...(of(destination).length === 0
      ? []
      : [match(payload(`${header} daddr`), oneOf(of(destination).map(addressValue)))]),
  ];
  return tests.length > 0 ? tests : [match(meta("nfproto"), family)];
}

function transportTests({ protocol, ports, source_ports }: PacketInput): readonly NftStatement[] {
  if (protocol === undefined) return [];
  const name = protocol === "icmpv6" ? "ipv6-icmp" : protocol;
  if (protocol === "icmp" || protocol === "icmpv6" || (ports === undefined && source_ports === undefined)) {
    return [match(meta("l4proto"), name)];
  }
  const of = (field: "sport" | "dport"): NftSelector => payload(`${protocol} ${field}`);
  return [
    ...(source_ports === undefined ? [] : [match(of("sport"), oneOf(source_ports.map(portValue)))]),
    ...(ports === undefined ? [] : [match(of("dport"), oneOf(ports.map(portValue)))]),
  ];
}

function markTest({ value, mask }: { readonly value: number; readonly mask: number }): NftStatement {
  return mask === 0xffffffff ? match(meta("mark"), value) : match(masked(meta("mark"), { mask }), value);
}

function oneOf(values: readonly NftFieldValue[]): NftTest {
  const [only] = values;
  return values.length === 1 && only !== undefined
    ? { kind: "compare", operator: "==", value: only }
    : anyOf(...values);
}

function portValue({ first, last }: PortRange): NftFieldValue & (number | { first: number; last: number }) {
  return first === last ? first : { first, last };
}

/** A single address without its length, as nft writes it. */
function addressValue(prefix: IpPrefix): string {
  const isSingle = prefixLength(prefix) === (prefixFamily(prefix) === "ipv4" ? 32 : 128);
  return isSingle ? prefixAddress(prefix) : prefix;
}
