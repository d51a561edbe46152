import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import type { Codec } from "../../wire/mod.ts";
import {
  ChainUserData,
  chainAttributes,
  elementAt,
  elementListAttributes,
  encodeElements,
  findUserDataNumber,
  findUserDataText,
  NfProto,
  nftMessage,
  RuleUserData,
  ruleAttributes,
  SetFlag,
  SetUserData,
  setAttributes,
  tableAttributes,
  Verdict,
} from "./mod.ts";

/**
 * What nft 1.0.6 sent (strace of `sendmsg`) to load
 *
 *     table inet t {
 *       comment "a table"
 *       set s { type ipv4_addr . inet_service; flags interval,timeout; timeout 1m; elements = { 10.0.0.0/8 . 80-90 comment "c" } }
 *       map m { type ifname : verdict; elements = { "br0" : jump other } }
 *       chain other { }
 *       chain c { type filter hook forward priority 5; policy drop; ct state new tcp dport 80 counter accept comment "r" }
 *     }
 */
const cases: readonly {
  readonly name: string;
  readonly codec: Codec<unknown, never>;
  readonly body: object;
  readonly bytes: string;
}[] = [
  {
    name: "a table",
    codec: nftMessage(tableAttributes),
    body: { name: "t", flags: 0, userData: [{ type: 0, payload: hex("61207461626c6500") }] },
    bytes: `
      01000000060001007400000008000200000000000e000600000861207461626c65000000`,
  },
  {
    name: "a chain",
    codec: nftMessage(chainAttributes),
    body: { table: "t", name: "other" },
    bytes: `
      0100000006000100740000000a0003006f74686572000000`,
  },
  {
    name: "a base chain",
    codec: nftMessage(chainAttributes),
    body: { table: "t", name: "c", type: "filter", policy: Verdict.drop, hook: { number: 2, priority: 5 } },
    bytes: `
      01000000060001007400000006000300630000000b00070066696c746572000008000500000000001400048008000100
      000000020800020000000005`,
  },
  {
    name: "a set of intervals of two fields",
    codec: nftMessage(setAttributes),
    body: {
      table: "t",
      name: "s",
      flags: SetFlag.interval | SetFlag.timeout | SetFlag.concat,
      keyType: (7 << 6) | 13,
      keyLength: 8,
      id: 1,
      description: { concat: { elem: [{ length: 4 }, { length: 2 }] } },
      timeout: 60_000n,
      userData: [
        { type: SetUserData.keyByteOrder, payload: hex("00000000") },
        { type: SetUserData.keyTypeof, payload: hex("00040d0000000100") },
      ],
    },
    bytes: `
      0100000006000100740000000600020073000000080003000000009408000400000001cd080005000000000808000a00
      00000001200009801c0002800c00018008000100000000040c00018008000100000000020c000b00000000000000ea60
      14000d00000400000000030800040d0000000100`,
  },
  {
    name: "an element of both ends",
    codec: nftMessage(elementListAttributes),
    body: {
      table: "t",
      set: "s",
      setId: 1,
      elements: {
        elem: [
          {
            key: { value: hex("0a000000 0050 0000") },
            keyEnd: { value: hex("0affffff 005a 0000") },
            userData: [{ type: 0, payload: hex("6300") }],
          },
        ],
      },
    },
    bytes: `
      01000000060001007400000006000200730000000800040000000001300003802c000180100001800c0001000a000000
      0050000010000a800c0001000affffff005a00000800060000026300`,
  },
  {
    name: "a verdict map",
    codec: nftMessage(setAttributes),
    body: {
      table: "t",
      name: "m",
      flags: SetFlag.map,
      keyType: 41,
      keyLength: 16,
      dataType: 0xffffff00,
      dataLength: 0,
      id: 2,
      userData: [
        { type: SetUserData.keyByteOrder, payload: hex("01000000") },
        { type: SetUserData.dataByteOrder, payload: hex("00000000") },
        { type: SetUserData.dataInterval, payload: hex("00000000") },
      ],
    },
    bytes: `
      010000000600010074000000060002006d00000008000300000000080800040000000029080005000000001008000600
      ffffff00080007000000000008000a000000000216000d000004010000000104000000000604000000000000`,
  },
  {
    name: "an element with a verdict",
    codec: nftMessage(elementListAttributes),
    body: {
      table: "t",
      set: "m",
      setId: 2,
      elements: {
        elem: [
          {
            key: { value: hex("627230 00000000000000000000000000") },
            data: { verdict: { code: Verdict.jump, chain: "other" } },
          },
        ],
      },
    },
    bytes: `
      010000000600010074000000060002006d00000008000400000000023c00038038000180180001801400010062723000
      0000000000000000000000001c0002801800028008000100fffffffd0a0002006f74686572000000`,
  },
];

test.each(cases)("$name, as nft sends it", ({ codec, body, bytes }) => {
  const message = { family: NfProto.inet, resourceId: 0, body };
  expect(codec.decode(hex(bytes))).toEqual(message);
  expect(codec.decode(codec.encode(message as never))).toEqual(message);
});

test("a rule, as nft sends it", () => {
  const { body } = nftMessage(ruleAttributes).decode(
    hex(`
      010000000600010074000000060002006300000088010480200001800700010063740000140002800800020000000000
      0800010000000001440001800c0001006269747769736500340002800800010000000001080002000000000108000300
      000000040c00048008000100080000000c00058008000100000000002c00018008000100636d70002000028008000100
      0000000108000200000000010c000380080001000000000024000180090001006d657461000000001400028008000200
      0000001008000100000000012c00018008000100636d700020000280080001000000000108000200000000000c000380
      0500010006000000340001800c0001007061796c6f616400240002800800010000000001080002000000000208000300
      0000000208000400000000022c00018008000100636d700020000280080001000000000108000200000000000c000380
      0600010000500000140001800c000100636f756e7465720004000280300001800e000100696d6d656469617465000000
      1c0002800800010000000000100002800c00028008000100000000010800070000027200`),
  );
  expect(body).toMatchObject({ table: "t", chain: "c" });
  expect(findUserDataText(body.userData, RuleUserData.comment)).toBe("r");
  const names: readonly string[] = (body.expressions?.elem ?? []).map(({ name }) => name);
  expect(names.join(" ")).toBe("ct bitwise cmp meta cmp payload cmp counter immediate");
});

test("user data of a shape that is not libnftnl's holds nothing, and is no error", () => {
  const { body } = nftMessage(chainAttributes).decode(hex("01000000 08000c00 00ff6100")); // NFTA_CHAIN_USERDATA: 255 bytes announced, one there
  expect(findUserDataText(body.userData, ChainUserData.comment)).toBeUndefined();
  expect(findUserDataNumber([{ type: 0, payload: hex("0102") }], 0)).toBeUndefined(); // a number has four bytes
});

test("elements are split over messages, and each is found by the offset that the kernel points at", () => {
  const elements = Array.from({ length: 5000 }, (_, index) => ({
    key: { value: Uint8Array.of(10, 0, index >> 8, index & 255) },
  }));
  const chunks = encodeElements(elements);
  expect(chunks.length).toBeGreaterThan(1);
  expect(chunks.reduce((sum, { count }) => sum + count, 0)).toBe(5000);
  for (const chunk of chunks) expect(chunk.bytes.length).toBeLessThan(0xffff - 4);
  // nfgenmsg, NFTA_SET_ELEM_LIST_ELEMENTS; then one element of 16 bytes after the other: header, header, header, four bytes.
  const [first] = chunks;
  if (first === undefined) throw new Error("want a chunk");
  expect(first.bytes.length).toBe(first.count * 16);
  const length = first.bytes.length + 4;
  const payload = new Uint8Array([1, 0, 0, 0, length & 255, length >> 8, 3, 0x80, ...first.bytes]);
  expect(elementAt(payload, 8)).toBe(0);
  expect(elementAt(payload, 8 + 16 * 7 + 12)).toBe(7);
  expect(elementAt(payload, 8 + 16 * (first.count - 1))).toBe(first.count - 1);
  expect(elementAt(payload, 4)).toBeUndefined(); // the list itself
});
