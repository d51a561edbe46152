import { compileRule, type PacketMatch, packetTests, RuleFieldError, setMark } from "../../firewall-rules/mod.ts";
import { type NftChain, type NftRule, type NftRuleset, rule } from "../../kernel/objects/nftables/mod.ts";
import type { FieldPath, YamlDocument } from "../../yaml-file/mod.ts";
import { HOST, type TopologyName, topologyTable } from "../state/mod.ts";
import type { PlaceFields } from "./links.ts";
import type { ChainInput, NatInput, PacketInput, PlaceInput } from "./schema.ts";

interface FirewallReading {
  readonly document: YamlDocument;
  readonly topology: TopologyName;
  readonly place: PlaceFields;
}

interface Compiled {
  readonly chain: NftChain;
  readonly rules: readonly NftRule[];
}

/** One table with what the place's `firewall` and `nat` say; `undefined` when they say nothing. @throws {YamlFileError} */
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

const filterHooks = ["input", "forward", "output"] as const;
type FilterHook = (typeof filterHooks)[number];

const MANGLE = -150;
const DSTNAT = -100;
const SRCNAT = 100;

class FirewallCompiler {
  readonly #document: YamlDocument;
  readonly #place: PlaceFields;

  constructor(document: YamlDocument, place: PlaceFields) {
    this.#document = document;
    this.#place = place;
  }

  compile({ firewall = {}, nat = {} }: PlaceInput): readonly Compiled[] {
    return [
      ...this.#marks(firewall.marks ?? []),
      ...filterHooks.flatMap((hook) => {
        const chain = firewall[hook];
        return chain === undefined ? [] : [this.#filter(hook, chain)];
      }),
      ...this.#nat(nat),
    ];
  }

  #filter(hook: FilterHook, { policy = "accept", rules = [] }: ChainInput): Compiled {
    return {
      chain: { name: hook, base: { type: "filter", hook, priority: 0, policy } },
      rules: rules.flatMap(({ action, state: states, mark, comment, ...input }, index) =>
        this.#reading(input, [...this.#place.path, "firewall", hook, "rules", index], (packet) =>
          compileRule(hook, { hook, packet: { ...packet, states, mark }, action: { kind: action }, comment }),
        ),
      ),
    };
  }

  #marks(inputs: NonNullable<NonNullable<PlaceInput["firewall"]>["marks"]>): readonly Compiled[] {
    if (inputs.length === 0) return [];
    const compiled = inputs.map(({ set, ...input }, index) => ({
      isForeign: input.in !== undefined,
      rules: (chain: string): readonly NftRule[] =>
        this.#reading(input, [...this.#place.path, "firewall", "marks", index], (packet) =>
          packetTests(packet, { links: ["in"] }).map((tests) => rule(chain, [...tests, setMark(set)])),
        ),
    }));
    return [
      {
        chain: { name: "mark_in", base: { type: "filter", hook: "prerouting", priority: MANGLE } },
        rules: compiled.flatMap(({ rules }) => rules("mark_in")),
      },
      {
        // Of type route: a packet with another mark is routed again.
        chain: { name: "mark_out", base: { type: "route", hook: "output", priority: MANGLE } },
        rules: compiled.flatMap(({ isForeign, rules }) => (isForeign ? [] : rules("mark_out"))),
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
      rules: inputs.flatMap(({ to, ...input }, index) =>
        this.#reading(input, [...this.#place.path, "nat", "dnat", index], (packet) =>
          compileRule("dnat", { hook: "prerouting", packet, action: { kind: "dnat", to } }),
        ),
      ),
    };
  }

  #masquerade(inputs: NonNullable<NatInput["masquerade"]>): Compiled {
    return {
      chain: { name: "masquerade", base: { type: "nat", hook: "postrouting", priority: SRCNAT } },
      rules: inputs.flatMap((input, index) =>
        this.#reading(input, [...this.#place.path, "nat", "masquerade", index], (packet) =>
          compileRule("masquerade", { hook: "postrouting", packet, action: { kind: "masquerade" } }),
        ),
      ),
    };
  }

  /** @throws {YamlFileError} at the field that a rule is wrong in. */
  #reading(
    { source_ports: sourcePorts, ...packet }: PacketInput,
    path: FieldPath,
    compile: (packet: PacketMatch) => readonly NftRule[],
  ): readonly NftRule[] {
    try {
      const rules = compile({ ...packet, sourcePorts });
      for (const key of ["in", "out"] as const) this.#checkLinks(packet[key], [...path, key]);
      return rules;
    } catch (error) {
      if (!(error instanceof RuleFieldError)) throw error;
      const field = error.field === "sourcePorts" ? "source_ports" : error.field;
      throw this.#document.refuse(field === undefined ? path : [...path, field], error.message);
    }
  }

  #checkLinks(links: PacketInput["in"], path: FieldPath): void {
    if (links === undefined || this.#place.name === HOST) return; // the host has links of its own
    const missing = links.find((link) => link !== "lo" && this.#place.input.links?.[link] === undefined);
    if (missing === undefined) return;
    throw this.#document.refuse(path, `${this.#place.name} has no link ${JSON.stringify(missing)}`);
  }
}
