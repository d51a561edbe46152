import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { DecodeError } from "../../wire/mod.ts";
import {
  BitwiseOp,
  ByteorderOp,
  CmpOp,
  DynsetOp,
  type Expression,
  ExthdrOp,
  expression as expressionCodec,
  expressionNames,
  FibFlag,
  FibResult,
  HashType,
  LimitType,
  LookupFlag,
  NatFlag,
  NatType,
  NfProto,
  NumgenType,
  PayloadBase,
  RangeOp,
  RejectType,
  VERDICT_REGISTER,
  Verdict,
} from "./mod.ts";

const limitOfTen = hex(`
  0a000100 6c696d6974000000                                # NFTA_EXPR_NAME "limit"
  34000280 0c000100 000000000000000a 0c000200 0000000000000001  # 10 a second
  08000300 00000005 08000400 00000000 08000500 00000000`);

/** One of each, as nft 1.0.6 sent it to load the rule (strace of `sendmsg`): our encoders had no part in the bytes. */
const cases: readonly { readonly rule: string; readonly expression: Expression; readonly bytes: string }[] = [
  {
    rule: "tcp dport 80 dnat ip to 10.0.0.1-10.0.0.9:8080-8090 persistent",
    expression: {
      name: "nat",
      data: {
        type: NatType.dnat,
        family: NfProto.ip,
        addressMin: 0,
        addressMax: 4,
        portMin: 8,
        portMax: 12,
        flags: NatFlag.port | NatFlag.persistent,
      },
    },
    bytes: `
      080001006e6174003c000280080001000000000108000200000000020800030000000001080004000000000208000500
      000000030800060000000004080007000000000a`,
  },
  {
    rule: "meta l4proto tcp masquerade to :1024-2048 random",
    expression: { name: "masq", data: { flags: NatFlag.port | NatFlag.random, portMin: 0, portMax: 4 } },
    bytes: "090001006d617371000000001c000280080001000000000608000200000000010800030000000002",
  },
  {
    rule: "tcp dport 80 redirect to :8080",
    expression: { name: "redir", data: { portMin: 0, flags: NatFlag.port } },
    bytes: "0a00010072656469720000001400028008000100000000010800030000000002",
  },
  {
    rule: "reject with icmpx admin-prohibited",
    expression: { name: "reject", data: { type: RejectType.icmpx, code: 3 } },
    bytes: "0b00010072656a65637400001400028008000100000000020500020003000000",
  },
  {
    rule: 'log prefix "p" group 5 snaplen 100 queue-threshold 10',
    expression: { name: "log", data: { prefix: "p", group: 5, snapLength: 100, queueThreshold: 10 } },
    bytes: "080001006c6f67002400028006000200700000000600010000050000080003000000006406000400000a0000",
  },
  {
    rule: "limit rate over 10/minute burst 7 packets",
    expression: { name: "limit", data: { rate: 10n, unit: 60n, burst: 7, type: LimitType.packets, flags: 1 } },
    bytes: `
      0a0001006c696d6974000000340002800c000100000000000000000a0c000200000000000000003c0800030000000007
      08000400000000000800050000000001`,
  },
  {
    rule: "quota over 100 bytes",
    expression: { name: "quota", data: { bytes: 100n, consumed: 0n, flags: 1 } },
    bytes: `
      0a00010071756f7461000000240002800c00010000000000000000640c00040000000000000000000800020000000001`,
  },
  {
    rule: "ct count over 10",
    expression: { name: "connlimit", data: { count: 10, flags: 1 } },
    bytes: "0e000100636f6e6e6c696d697400000014000280080001000000000a0800020000000001",
  },
  {
    rule: "counter packets 3 bytes 4",
    expression: { name: "counter", data: { bytes: 4n, packets: 3n } },
    bytes: "0c000100636f756e746572001c0002800c00010000000000000000040c0002000000000000000003",
  },
  {
    rule: "meta mark set jhash ip saddr . ip daddr mod 8 seed 0x5 offset 100",
    expression: {
      name: "hash",
      data: { source: 4, destination: 0, length: 8, modulus: 8, seed: 5, offset: 100, type: HashType.jenkins },
    },
    bytes: `
      0900010068617368000000003c0002800800010000000002080002000000000108000300000000080800040000000008
      080005000000000508000600000000640800070000000000`,
  },
  {
    rule: "meta mark set numgen random mod 4 offset 10",
    expression: { name: "numgen", data: { destination: 0, modulus: 4, type: NumgenType.random, offset: 10 } },
    bytes: `
      0b0001006e756d67656e000024000280080001000000000108000200000000040800030000000001080004000000000a`,
  },
  {
    rule: "fib saddr . iif oif missing",
    expression: {
      name: "fib",
      data: { flags: FibFlag.saddr | FibFlag.iif | FibFlag.present, result: FibResult.oif, destination: 0 },
    },
    bytes: "08000100666962001c000280080003000000002908000200000000010800010000000001",
  },
  {
    rule: "rt ip nexthop 10.0.0.1",
    expression: { name: "rt", data: { key: 1, destination: 0 } },
    bytes: "07000100727400001400028008000200000000010800010000000001",
  },
  {
    rule: "tcp option maxseg size set 1300",
    expression: { name: "exthdr", data: { source: 0, type: 2, offset: 2, length: 2, operator: ExthdrOp.tcpOption } },
    bytes: `
      0b00010065787468647200002c0002800800070000000001050002000200000008000300000000020800040000000002
      0800060000000001`,
  },
  {
    rule: "ip saddr != { 10.0.0.1, 10.0.0.2 }",
    expression: { name: "lookup", data: { source: 0, set: "__set%d", setId: 2, flags: LookupFlag.invert } },
    bytes: `
      0b0001006c6f6f6b757000002800028008000200000000010c0001005f5f736574256400080004000000000208000500
      00000001`,
  },
  {
    rule: "update @dyn { ip saddr timeout 10s limit rate 10/second }",
    expression: {
      name: "dynset",
      data: { key: 0, operator: DynsetOp.update, timeout: 10_000n, set: "dyn", setId: 1, expression: limitOfTen },
    },
    bytes: `
      0b00010064796e736574000074000280080004000000000108000300000000010c000600000000000000271008000100
      64796e000800020000000001440007800a0001006c696d6974000000340002800c000100000000000000000a0c000200
      0000000000000001080003000000000508000400000000000800050000000000`,
  },
  {
    rule: "tcp dport != 80-90",
    expression: {
      name: "range",
      data: { source: 0, operator: RangeOp.notEqual, from: { value: hex("0050") }, to: { value: hex("005a") } },
    },
    bytes: `
      0a00010072616e67650000002c000280080001000000000108000200000000010c00038006000100005000000c000480
      06000100005a0000`,
  },
  {
    rule: "meta mark > 5",
    expression: {
      name: "byteorder",
      data: { source: 0, destination: 0, operator: ByteorderOp.toNetwork, length: 4, size: 4 },
    },
    bytes: `
      0e000100627974656f726465720000002c00028008000100000000010800020000000001080003000000000108000400
      000000040800050000000004`,
  },
  {
    rule: "meta mark & 0xff == 1",
    expression: {
      name: "bitwise",
      data: {
        source: 0,
        destination: 0,
        operator: BitwiseOp.maskXor,
        length: 4,
        mask: { value: hex("ff000000") },
        xor: { value: hex("00000000") },
      },
    },
    bytes: `
      0c00010062697477697365003c0002800800010000000001080002000000000108000600000000000800030000000004
      0c00048008000100ff0000000c0005800800010000000000`,
  },
  { rule: "notrack", expression: { name: "notrack", data: {} }, bytes: "0c0001006e6f747261636b00" },
  {
    rule: "udp dport set 53",
    expression: {
      name: "payload",
      data: { source: 0, base: PayloadBase.transport, offset: 2, length: 2, checksumType: 1, checksumOffset: 6 },
    },
    bytes: `
      0c0001007061796c6f616400340002800800050000000001080002000000000208000300000000020800040000000002
      08000600000000010800070000000006`,
  },
  {
    rule: "ct original ip saddr 10.0.0.1",
    expression: { name: "ct", data: { key: 19, destination: 0, direction: 0 } },
    bytes: "07000100637400001c000280080002000000001308000100000000010500030000000000",
  },
  {
    rule: "meta mark set 7",
    expression: { name: "meta", data: { key: 3, source: 0 } },
    bytes: "090001006d657461000000001400028008000200000000030800030000000001",
  },
  {
    rule: "jump other",
    expression: {
      name: "immediate",
      data: { destination: VERDICT_REGISTER, data: { verdict: { code: Verdict.jump, chain: "other" } } },
    },
    bytes: `
      0e000100696d6d6564696174650000002800028008000100000000001c0002801800028008000100fffffffd0a000200
      6f74686572000000`,
  },
  {
    rule: "meta l4proto != udp",
    expression: { name: "cmp", data: { source: 0, operator: CmpOp.notEqual, data: { value: hex("11") } } },
    bytes: "08000100636d700020000280080001000000000108000200000000010c0003800500010011000000",
  },
];

test.each(cases)("$expression.name, as nft sends it for: $rule", ({ expression, bytes }) => {
  expect(expressionCodec.decode(hex(bytes))).toEqual(expression);
  expect(expressionCodec.decode(expressionCodec.encode(expression))).toEqual(expression);
});

test("every expression that we know has a case", () => {
  const known = new Set(cases.map(({ expression }) => expression.name));
  expect([...known].toSorted()).toEqual([...expressionNames].toSorted());
});

test("an expression without a codec keeps its bytes", () => {
  const bytes = hex("090001006c61737400000000 0c000280 0800010000000000");
  const decoded = expressionCodec.decode(bytes);
  expect(decoded).toEqual({ name: "raw", kernelName: "last", data: hex("0800010000000000") });
  expect(expressionCodec.encode(decoded)).toEqual(bytes);
});

test.each([
  { what: "no name", bytes: "0c000280 0800010000000000" },
  { what: "a register that is none", bytes: "090001006d65746100000000 0c000280 0800010000000005" },
  { what: "a number of three bytes", bytes: "090001006d65746100000000 0c000280 0700020000000000" },
])("refuses $what", ({ bytes }) => {
  expect(() => expressionCodec.decode(hex(bytes))).toThrow(DecodeError);
});
