import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import type { Expression } from "../../netlink/nftables/mod.ts";
import { decompileRule } from "./decompile-rule.ts";

const noSet = (): undefined => undefined;
const loadMark: Expression = { name: "meta", data: { key: 3, destination: 0 } };
const isOne: Expression = { name: "cmp", data: { source: 0, operator: 0, data: { value: hex("01000000") } } };

/** Rules as newer kernels, other programs and mistakes make them: read as what they are, or kept as unknown, never as something else. */
const cases: readonly {
  readonly name: string;
  readonly expressions: readonly Expression[];
  readonly kinds: readonly string[];
}[] = [
  { name: "a mark", expressions: [loadMark, isOne], kinds: ["match"] },
  { name: "a comparison without a load", expressions: [isOne], kinds: ["unknown"] },
  {
    name: "a register that an unread expression wrote",
    expressions: [loadMark, { name: "raw", kernelName: "socket", data: hex("") }, isOne],
    kinds: ["unknown", "unknown"],
  },
  {
    name: "an attribute that this version does not know",
    expressions: [{ name: "counter", data: { packets: 1n, unknown: [{ type: 77, payload: hex("01") }] } }],
    kinds: ["unknown"],
  },
  {
    name: "an empty attribute, which only pads",
    expressions: [{ name: "counter", data: { packets: 1n, unknown: [{ type: 3, payload: hex("") }] } }],
    kinds: ["counter"],
  },
  {
    name: "a comparison of half a mark",
    expressions: [loadMark, { name: "cmp", data: { source: 0, operator: 0, data: { value: hex("0100") } } }],
    kinds: ["unknown"],
  },
  {
    name: "a load of no bytes",
    expressions: [{ name: "payload", data: { destination: 0, base: 1, offset: 0, length: 0 } }],
    kinds: ["unknown"],
  },
  {
    name: "a translation whose port is elsewhere than behind the address",
    expressions: [
      { name: "payload", data: { destination: 0, base: 1, offset: 16, length: 4 } },
      { name: "nat", data: { type: 1, family: 2, addressMin: 0, addressMax: 0, portMin: 9, portMax: 9 } },
    ],
    kinds: ["unknown"],
  },
  {
    name: "a translation of prefixes",
    expressions: [{ name: "nat", data: { type: 1, family: 2, flags: 64 } }],
    kinds: ["unknown"],
  },
  {
    name: "a key of other types than its set has: the set's name says nothing here",
    expressions: [loadMark, { name: "lookup", data: { set: "s", source: 0 } }],
    kinds: ["match"],
  },
];

test.each(cases)("$name", ({ expressions, kinds }) => {
  const read: readonly string[] = decompileRule("ip", expressions, noSet).map(({ kind }) => kind);
  expect(read.join()).toBe(kinds.join());
});

test("a set of other types than the rule looks up is not read by its types", () => {
  const shape = { key: [{ type: "ipv4_addr", bytes: 4, order: "network" }], data: "none", interval: false } as const;
  const elements = () => [{ key: "10.0.0.1" }];
  const rule: readonly Expression[] = [loadMark, { name: "lookup", data: { set: "__set0", source: 0 } }];
  expect(decompileRule("ip", rule, () => ({ shape, anonymous: true, elements }))).toMatchObject([{ kind: "unknown" }]);
});
