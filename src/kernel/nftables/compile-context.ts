import { CmpOp, type ExpressionInput, LookupFlag, NfProto } from "../../netlink/nftables/mod.ts";
import {
  type KnownProtocols,
  metaKeys,
  type NftElement,
  type NftFamily,
  type NftSelector,
  type NftStatement,
  protocolsOfFamily,
} from "../objects/nftables/mod.ts";
import type { SetShape } from "./set-shape.ts";

/** A set that one rule needs for itself. It is created before the rule, in the same transaction. */
export interface AnonymousSet {
  readonly shape: SetShape;
  readonly elements: readonly NftElement[];
}

/** How a lookup names a set. */
export interface SetReference {
  readonly set: string;
  /** Of a set that this transaction makes. */
  readonly setId?: number;
}

/** What compiling one rule needs and collects. */
export class RuleCompilation {
  readonly family: NftFamily;
  readonly expressions: ExpressionInput[] = [];
  readonly #addAnonymousSet: (set: AnonymousSet) => SetReference;
  #known: KnownProtocols;
  #etherKnown: boolean;

  constructor(family: NftFamily, addAnonymousSet: (set: AnonymousSet) => SetReference) {
    this.family = family;
    this.#addAnonymousSet = addAnonymousSet;
    this.#known = protocolsOfFamily(family);
    this.#etherKnown = family === "bridge";
  }

  emit(...expressions: readonly ExpressionInput[]): void {
    this.expressions.push(...expressions);
  }

  anonymousSet(set: AnonymousSet): SetReference {
    return this.#addAnonymousSet(set);
  }

  get known(): KnownProtocols {
    return this.#known;
  }

  /** The rule's own tests tell of the packet, too. */
  learn(protocols: KnownProtocols): void {
    this.#known = { ...this.#known, ...protocols };
  }

  /** Tests that the packet has these protocols, unless the rule has tested it already. As nft does by itself. */
  require({ network, l4proto }: KnownProtocols): void {
    if (network !== undefined && this.#known.network !== network) this.#testNetwork(network);
    if (l4proto !== undefined && this.#known.l4proto !== l4proto) this.#testMeta("l4proto", Uint8Array.of(l4proto));
    this.learn({ ...(network !== undefined && { network }), ...(l4proto !== undefined && { l4proto }) });
  }

  /** Only links of Ethernet have such a header. */
  requireEther(): void {
    if (!this.#etherKnown) this.#testMeta("iiftype", new Uint8Array(new Uint16Array([1]).buffer));
    this.#etherKnown = true;
  }

  #testNetwork(network: "ip" | "ip6"): void {
    if (this.family === "inet") this.#testMeta("nfproto", Uint8Array.of(NfProto[network]));
    else this.#testMeta("protocol", network === "ip" ? Uint8Array.of(0x08, 0x00) : Uint8Array.of(0x86, 0xdd));
  }

  #testMeta(key: "nfproto" | "l4proto" | "protocol" | "iiftype", value: Uint8Array): void {
    this.emit(
      { name: "meta", data: { key: metaKeys[key].number, destination: 0 } },
      { name: "cmp", data: { source: 0, operator: CmpOp.equal, data: { value } } },
    );
  }
}

export function lookupExpression(
  reference: SetReference,
  options: { readonly source: number; readonly destination?: number; readonly negated?: boolean },
): ExpressionInput {
  return {
    name: "lookup",
    data: {
      set: reference.set,
      setId: reference.setId,
      source: options.source,
      ...(options.destination !== undefined && { destination: options.destination }),
      ...(options.negated === true && { flags: LookupFlag.invert }),
    },
  };
}

/** A constant in a register. */
export function immediate(word: number, value: Uint8Array): ExpressionInput {
  return { name: "immediate", data: { destination: word, data: { value } } };
}

export type Statement<K extends NftStatement["kind"]> = Extract<NftStatement, { readonly kind: K }>;
export type Selector<K extends NftSelector["kind"]> = Extract<NftSelector, { readonly kind: K }>;
