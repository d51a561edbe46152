import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { parseIpv4Address, parseIpv6Address } from "../../net/mod.ts";
import { DecodeError } from "../../wire/mod.ts";
import { conntrackRequest, type FlowMessageInput, flowMessage } from "./mod.ts";

const ipv4 = parseIpv4Address;
const ipv6 = parseIpv6Address;

// Layout from include/uapi/linux/netfilter/nfnetlink_conntrack.h.
const cases: readonly { name: string; value: FlowMessageInput; bytes: string }[] = [
  { name: "a question for everything", value: { family: 0, attributes: {} }, bytes: "00 00 00 00" },
  {
    name: "a question for UDP flows to a port, filtered by the kernel",
    value: {
      family: 2,
      attributes: { tupleOrig: { proto: { num: 17, dstPort: 53 } }, filter: { origFlags: 0x28, replyFlags: 0 } },
    },
    bytes: `
      02 00 00 00
      18 00 01 80  14 00 02 80  05 00 01 00 11 00 00 00  06 00 03 00 00 35 00 00  # CTA_TUPLE_ORIG { CTA_TUPLE_PROTO
      14 00 19 80  08 00 01 00 28 00 00 00  08 00 02 00 00 00 00 00                # CTA_FILTER, machine order`,
  },
  {
    name: "a flow between IPv6 addresses",
    value: {
      family: 10,
      attributes: {
        tupleOrig: {
          ip: { v6Src: ipv6("fd00::2"), v6Dst: ipv6("fd00::3") },
          proto: { num: 6, srcPort: 4000, dstPort: 80 },
        },
        status: 0x0e,
        protoinfo: { tcp: { state: 3 } },
        timeout: 300,
        zone: 5,
      },
    },
    bytes: `
      0a 00 00 00
      4c 00 01 80
        2c 00 01 80
          14 00 03 00  fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02
          14 00 04 00  fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 03
        1c 00 02 80  05 00 01 00 06 00 00 00  06 00 02 00 0f a0 00 00  06 00 03 00 00 50 00 00
      08 00 03 00  00 00 00 0e                                     # CTA_STATUS
      10 00 04 80  0c 00 01 80  05 00 01 00 03 00 00 00            # CTA_PROTOINFO { TCP { state
      08 00 07 00  00 00 01 2c                                     # CTA_TIMEOUT
      06 00 12 00  00 05 00 00                                     # CTA_ZONE`,
  },
  {
    name: "a ping and its counters",
    value: {
      family: 2,
      attributes: {
        tupleOrig: {
          ip: { v4Src: ipv4("10.0.0.2"), v4Dst: ipv4("10.0.0.3") },
          proto: { num: 1, icmpId: 77, icmpType: 8, icmpCode: 0 },
        },
        countersOrig: { packets: 1n, bytes: 84n },
      },
    },
    bytes: `
      02 00 00 00
      3c 00 01 80
        14 00 01 80  08 00 01 00 0a 00 00 02  08 00 02 00 0a 00 00 03
        24 00 02 80  05 00 01 00 01 00 00 00  06 00 04 00 00 4d 00 00  05 00 05 00 08 00 00 00  05 00 06 00 00 00 00 00
      1c 00 09 80  0c 00 01 00 00 00 00 00 00 00 00 01  0c 00 02 00 00 00 00 00 00 00 00 54`,
  },
];
test.each(cases)("conntrack messages encode and decode $name", ({ value, bytes }) => {
  expect(flowMessage.encode(value)).toEqual(hex(bytes));
  expect(flowMessage.decode(hex(bytes))).toEqual({ family: value.family, attributes: value.attributes } as never);
});

test("a request names the attribute at an offset of its payload", () => {
  const { locate } = conntrackRequest(0x101, {
    family: 2,
    attributes: { tupleOrig: { proto: { num: 17, dstPort: 53 } } },
  });
  expect(locate(4)).toBe("CTA_TUPLE_ORIG");
  expect(locate(20)).toBe("CTA_TUPLE_ORIG/CTA_TUPLE_PROTO/CTA_PROTO_DST_PORT");
  expect(locate(0)).toBeUndefined();
});

test("truncated and random bytes give a value or a DecodeError", () => {
  const decode = (bytes: Uint8Array): void => {
    try {
      flowMessage.decode(bytes);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  };
  for (const { bytes } of cases) {
    const whole = hex(bytes);
    for (let length = 0; length < whole.length; length++) decode(whole.slice(0, length));
    for (let round = 0; round < 3000; round++) {
      const changed = whole.slice();
      for (let change = 0; change < 3; change++)
        changed[Math.floor(Math.random() * changed.length)] = Math.random() * 256;
      decode(changed);
    }
  }
});
