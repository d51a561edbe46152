import { decompileRule, type KnownSet } from "../../src/kernel/nftables/decompile-rule.ts";
import { elementsFromAttributes, elementsToAttributes } from "../../src/kernel/nftables/element-attributes.ts";
import { setFromAttributes, setShape } from "../../src/kernel/nftables/set-shape.ts";
import {
  chainFromAttributes,
  familyFromNumber,
  tableFromAttributes,
} from "../../src/kernel/nftables/table-attributes.ts";
import {
  counter,
  formatChain,
  formatElements,
  formatRule,
  formatRuleset,
  formatSet,
  type NftElement,
  type NftSetOrMap,
  nftMap,
  nftSet,
} from "../../src/kernel/objects/nftables/mod.ts";
import {
  chainAttributes,
  elementListAttributes,
  expressionList,
  findUserDataText,
  nftMessage,
  ruleAttributes,
  setAttributes,
  tableAttributes,
  userData,
} from "../../src/netlink/nftables/mod.ts";
import { DecodeError } from "../../src/wire/mod.ts";
import type { Target } from "../target.ts";
import { corpus } from "./corpus.ts";

/** Sets of every shape, with elements to start from. A rule that looks something up finds one of them, by its set's name's length. */
const sets: readonly { readonly set: NftSetOrMap; readonly elements: readonly NftElement[] }[] = [
  {
    set: nftSet("s", ["ipv4_addr"]),
    elements: [
      { key: "10.0.0.1", comment: "c" },
      { key: "10.0.0.2", timeoutMs: 1000 },
    ],
  },
  { set: nftSet("s", ["ifname"], { interval: true }), elements: [{ key: "br*" }, { key: "eth0" }] },
  { set: nftSet("s", ["ct_state"]), elements: [{ key: "new" }, { key: "established" }] },
  { set: nftSet("s", ["mark"], { interval: true }), elements: [{ key: { first: 1, last: 0xff } }, { key: 0xfff }] },
  {
    set: nftSet("s", ["ipv4_addr", "inet_service"], { interval: true }),
    elements: [{ key: ["10.0.0.0/8", { first: 80, last: 90 }], each: [counter()] }],
  },
  {
    set: nftMap("m", { key: ["ifname"], data: "verdict" }),
    elements: [
      { key: "br0", verdict: { kind: "jump", chain: "c" } },
      { key: "*", verdict: { kind: "drop" } },
    ],
  },
  {
    set: nftMap("m", { key: ["ipv4_addr", "inet_proto", "inet_service"], data: ["ipv4_addr", "inet_service"] }),
    elements: [{ key: ["10.0.0.1", "tcp", 80], data: ["10.0.0.2", 8080] }],
  },
  { set: nftMap("m", { key: ["integer"], data: ["ipv6_addr"] }), elements: [{ key: 1, data: "fd00::1" }] },
];

const elementCodec = nftMessage(elementListAttributes);

function findSet(name: string): KnownSet | undefined {
  const found = sets[name.length % (sets.length + 1)];
  if (found === undefined) return undefined;
  return { shape: setShape(found.set), anonymous: name.startsWith("__"), elements: () => found.elements };
}

function target(name: string, samples: string, decode: (bytes: Uint8Array) => unknown): Target {
  return { kind: "bytes", name, decode, samples: corpus(samples), refuses: [DecodeError] };
}

const text = (items: Parameters<typeof findUserDataText>[0]): string | undefined => findUserDataText(items, 0);

/** From the kernel's bytes to objects, and on to the text that people read. */
export const nftablesObjectTargets: readonly Target[] = [
  target("nftables rule, read and printed", "nftables-rule", (bytes) => {
    const { family: number, body } = nftMessage(ruleAttributes).decode(bytes);
    const family = familyFromNumber(number) ?? "inet";
    const statements = decompileRule(family, body.expressions?.elem ?? [], findSet);
    return formatRule(family, { chain: body.chain ?? "", statements }, { volatile: true });
  }),
  target("nftables set, read and printed", "nftables-set", (bytes) =>
    formatSet(setFromAttributes(nftMessage(setAttributes).decode(bytes).body)),
  ),
  ...sets.map(({ set, elements }): Target => {
    const { attributes } = elementsToAttributes(setShape(set), elements);
    return {
      kind: "bytes",
      name: `nftables elements of ${set.kind} ${set.key.join(" . ")}, read and printed`,
      decode: (bytes) => {
        const list = elementCodec.decode(bytes).body.elements?.elem ?? [];
        return formatElements(set, elementsFromAttributes(setShape(set), list), { volatile: true });
      },
      samples: [
        elementCodec.encode({ family: 1, body: { table: "t", set: set.name, elements: { elem: attributes } } }),
      ],
      refuses: [DecodeError],
    };
  }),
  target("nftables chain, read and printed", "nftables-chain", (bytes) => {
    const { family: number, body } = nftMessage(chainAttributes).decode(bytes);
    const family = familyFromNumber(number) ?? "inet";
    return formatChain(family, chainFromAttributes(family, body), []);
  }),
  target("nftables table, read and printed", "nftables-table", (bytes) => {
    const { family, body } = nftMessage(tableAttributes).decode(bytes);
    const table = tableFromAttributes(familyFromNumber(family) ?? "inet", body);
    return formatRuleset({ table, sets: [], elements: new Map(), chains: [], rules: [] });
  }),
  {
    kind: "bytes",
    name: "nftables user data",
    decode: (bytes) => text(userData.decode(bytes)),
    // A comment; a set's byte orders and its comment.
    samples: ["0006666972737400", "0004010000000104020000000702636d"].map(
      (hex) => new Uint8Array(Buffer.from(hex, "hex")),
    ),
    refuses: [DecodeError],
  },
  {
    kind: "bytes",
    name: "nftables expressions",
    decode: (bytes) => expressionList.decode(bytes),
    samples: corpus("nftables-rule").map((bytes) =>
      expressionList.encode(nftMessage(ruleAttributes).decode(bytes).body.expressions ?? { elem: [] }),
    ),
    refuses: [DecodeError],
  },
];
