import { describe, expect, test } from "bun:test";
import { formatDuration } from "./duration.ts";
import {
  formatElements,
  formatFieldValue,
  formatKey,
  integerField,
  type NftFieldValue,
  type NftKey,
  type NftSetOrMap,
  type NftTypeName,
  nftField,
  nftMap,
  nftSet,
  valueFromRange,
  valueRange,
} from "./mod.ts";
import { formatSet } from "./text.ts";

interface ValueCase {
  readonly type: NftTypeName;
  readonly value: NftFieldValue;
  readonly text: string;
  readonly first: bigint;
  readonly last: bigint;
}

const values: readonly ValueCase[] = [
  { type: "ipv4_addr", value: "10.0.0.1", text: "10.0.0.1", first: 0x0a000001n, last: 0x0a000001n },
  { type: "ipv4_addr", value: "10.0.0.0/8", text: "10.0.0.0/8", first: 0x0a000000n, last: 0x0affffffn },
  { type: "ipv4_addr", value: "0.0.0.0/0", text: "0.0.0.0/0", first: 0n, last: 0xffffffffn },
  {
    type: "ipv4_addr",
    value: { first: "10.0.0.0", last: "10.0.0.255" },
    text: "10.0.0.0/24",
    first: 0x0a000000n,
    last: 0x0a0000ffn,
  },
  {
    type: "ipv4_addr",
    value: { first: "10.0.0.1", last: "10.0.0.2" },
    text: "10.0.0.1-10.0.0.2",
    first: 0x0a000001n,
    last: 0x0a000002n,
  },
  { type: "ipv6_addr", value: "fd00::/8", text: "fd00::/8", first: 0xfdn << 120n, last: (0xfen << 120n) - 1n },
  { type: "inet_service", value: { first: 0, last: 1023 }, text: "0-1023", first: 0n, last: 1023n },
  { type: "inet_proto", value: "tcp", text: "tcp", first: 6n, last: 6n },
  { type: "inet_proto", value: 99, text: "99", first: 99n, last: 99n },
  { type: "mark", value: 255, text: "0x000000ff", first: 255n, last: 255n },
  { type: "mark", value: "0xff", text: "0x000000ff", first: 255n, last: 255n },
  { type: "ct_state", value: "established,related", text: "established,related", first: 6n, last: 6n },
  {
    type: "ether_addr",
    value: "02:00:00:00:00:01",
    text: "02:00:00:00:00:01",
    first: 0x020000000001n,
    last: 0x020000000001n,
  },
  { type: "ifname", value: "br0", text: '"br0"', first: 0x627230n << 104n, last: 0x627230n << 104n },
  { type: "ifname", value: "br*", text: '"br*"', first: 0x6272n << 112n, last: (0x6273n << 112n) - 1n },
];

describe("a value of a type", () => {
  test.each(values)("$type $text", ({ type, value, text, first, last }) => {
    const field = nftField(type);
    expect(formatFieldValue(field, value)).toBe(text);
    expect(valueRange(field, value)).toEqual({ first, last });
    expect(formatFieldValue(field, valueFromRange(field, first, last))).toBe(text);
  });

  test.each<{ type: NftTypeName; value: NftFieldValue; sentence: string }>([
    { type: "inet_service", value: 65_536, sentence: "Cannot use inet_service 65536: want 0 to 65535" },
    { type: "inet_service", value: "http", sentence: 'Cannot parse inet_service "http": want a number' },
    { type: "inet_service", value: -1, sentence: "Cannot use inet_service -1: want 0 to 65535" },
    { type: "icmp_type", value: "ping", sentence: 'Cannot parse icmp_type "ping": want a number or one of echo-reply' },
    {
      type: "ipv4_addr",
      value: "10.0.0.0/33",
      sentence: "Cannot parse ipv4_addr prefix 10.0.0.0/33: want a length from 0 to 32",
    },
    { type: "ipv4_addr", value: { first: "10.0.0.2", last: "10.0.0.1" }, sentence: "the first is above the last" },
    { type: "ifname", value: "sixteen-bytes-xx", sentence: "want 1 to 15 bytes, it has 16" },
  ])("refuses $value as $type", ({ type, value, sentence }) => {
    expect(() => valueRange(nftField(type), value)).toThrow(sentence);
  });

  test("a key has as many fields as its set", () => {
    const fields = [nftField("ipv4_addr"), nftField("inet_service")];
    expect(formatKey(fields, ["10.0.0.0/8", { first: 80, last: 90 }])).toBe("10.0.0.0/8 . 80-90");
    expect(() => formatKey(fields, "10.0.0.1")).toThrow("it has 1 fields, want ipv4_addr . inet_service");
  });
});

test.each([
  { milliseconds: 0, text: "0s" },
  { milliseconds: 65_000, text: "1m5s" },
  { milliseconds: 90_500, text: "1m30s500ms" },
  { milliseconds: 2 * 86_400_000 + 3_600_000, text: "2d1h" },
])("$milliseconds ms is $text", ({ milliseconds, text }) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

describe("the text of a set", () => {
  test.each<{ set: NftSetOrMap; text: string }>([
    { set: nftSet("s", ["ipv4_addr"]), text: "set s {\n\ttype ipv4_addr\n}" },
    {
      set: nftMap(
        "m",
        { key: ["ipv4_addr", "inet_service"], data: "verdict" },
        { interval: true, timeoutMs: 60_000, comment: "c" },
      ),
      text: 'map m {\n\ttype ipv4_addr . inet_service : verdict\n\tflags interval,timeout\n\ttimeout 1m\n\tcomment "c"\n}',
    },
    // nft takes no bare integers: an example says how long they are.
    {
      set: nftMap("m", { key: ["ipv4_addr", "integer"], data: ["ipv4_addr"] }),
      text: "map m {\n\ttypeof ip saddr . meta length : ip saddr\n}",
    },
    { set: nftSet("s", [integerField(2)]), text: "set s {\n\ttypeof ip length\n}" },
  ])("$text", ({ set, text }) => {
    expect(formatSet(set)).toBe(text);
  });

  test("has its elements in the order of their values, the catch-all last, whatever order they came in", () => {
    const keys: readonly NftKey[] = [
      "*",
      "10.0.0.10",
      "9.0.0.0/8",
      "10.0.0.9",
      { first: "10.0.0.1", last: "10.0.0.3" },
    ];
    const sorted = ["9.0.0.0/8", "10.0.0.1-10.0.0.3", "10.0.0.9", "10.0.0.10", "*"];
    const set = nftSet("s", ["ipv4_addr"], { interval: true });
    for (const order of [keys, keys.toReversed(), keys.toSorted()]) {
      expect(
        formatElements(
          set,
          order.map((key) => ({ key })),
        ),
      ).toEqual(sorted);
    }
  });
});
