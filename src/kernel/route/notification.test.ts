import { describe, expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { parseInterfaceAddress, parseIpAddress, parseIpPrefix, parseLinkName, parseMacAddress } from "../../net/mod.ts";
import {
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_NEWLINK,
  RTM_NEWNEIGH,
  RTM_NEWQDISC,
  RTM_NEWROUTE,
  RTM_NEWRULE,
} from "../../netlink/route/mod.ts";
import { DecodeError } from "../../wire/mod.ts";
import { parseLinkIndex } from "../objects/mod.ts";
import { decodeNotification } from "./notification.ts";

const link = (family: string, index = "03 00 00 00") => `${family} 00 01 00  ${index}  43 10 01 00  00 00 00 00
  07 00 03 00  76 30 00 00                          # IFLA_IFNAME "v0"
  08 00 04 00  dc 05 00 00                          # IFLA_MTU 1500
  08 00 0a 00  02 00 00 00                          # IFLA_MASTER 2
  0a 00 01 00  02 00 00 00 00 01 00 00`;

// Layouts from include/uapi/linux; what the kernel sends more of is left out.
const samples = {
  link: { type: RTM_NEWLINK, payload: hex(link("00")) },
  portLeft: { type: RTM_DELLINK, payload: hex(link("07")) },
  address: {
    type: RTM_DELADDR,
    payload: hex("02 18 80 00  02 00 00 00  08 00 01 00 0a 09 00 02  08 00 02 00 0a 09 00 02  08 00 08 00 80 00 00 00"),
  },
  route: {
    type: RTM_NEWROUTE,
    payload: hex("02 00 00 00  fe 04 00 01  00 00 00 00  08 00 05 00 0a 09 00 01  08 00 04 00 02 00 00 00"),
  },
  neighbour: {
    type: RTM_NEWNEIGH,
    payload: hex("02 00 00 00  02 00 00 00  02 00 00 01  08 00 01 00 0a 09 00 32  0a 00 02 00 02 00 00 00 00 50 00 00"),
  },
  fdbEntry: {
    type: RTM_NEWNEIGH,
    payload: hex("07 00 00 00  03 00 00 00  40 00 00 00  0a 00 02 00 02 00 00 00 00 02 00 00  08 00 09 00 02 00 00 00"),
  },
  rule: {
    type: RTM_NEWRULE,
    payload: hex("02 00 18 00  00 00 00 01  00 00 00 00  08 00 02 00 0a 09 00 00  08 00 0f 00 e8 03 00 00"),
  },
};

describe("decodeNotification", () => {
  test("a link that changed", () => {
    expect(decodeNotification(samples.link)).toMatchObject({
      kind: "link changed",
      link: {
        index: parseLinkIndex(3),
        name: parseLinkName("v0"),
        mtu: 1500,
        up: true,
        carrier: true,
        master: parseLinkIndex(2),
        mac: parseMacAddress("02:00:00:00:00:01"),
        detail: { kind: "physical" },
      },
    });
  });

  test("a port that left its bridge is no link that is gone", () => {
    expect(decodeNotification(samples.portLeft)).toEqual({
      kind: "port left",
      port: { link: parseLinkIndex(3), name: parseLinkName("v0"), master: parseLinkIndex(2), options: {} },
    });
  });

  test("an address that is gone", () => {
    expect(decodeNotification(samples.address)).toMatchObject({
      kind: "address deleted",
      address: { link: parseLinkIndex(2), address: parseInterfaceAddress("10.9.0.2/24"), permanent: true },
    });
  });

  test("a default route", () => {
    expect(decodeNotification(samples.route)).toEqual({
      kind: "route changed",
      route: {
        family: "ipv4",
        destination: parseIpPrefix("0.0.0.0/0"),
        type: "unicast",
        table: 254,
        priority: 0,
        protocol: 4,
        scope: "global",
        cached: false,
        nextHops: [
          {
            link: parseLinkIndex(2),
            gateway: parseIpAddress("10.9.0.1"),
            weight: 1,
            onlink: false,
            unusable: false,
          },
        ],
      },
    });
  });

  test("a neighbour", () => {
    expect(decodeNotification(samples.neighbour)).toMatchObject({
      kind: "neighbour changed",
      neighbour: {
        address: parseIpAddress("10.9.0.50"),
        state: "reachable",
        mac: parseMacAddress("02:00:00:00:00:50"),
      },
    });
  });

  test("an FDB entry comes as the same type of message", () => {
    expect(decodeNotification(samples.fdbEntry)).toMatchObject({
      kind: "FDB entry changed",
      entry: { link: parseLinkIndex(3), master: parseLinkIndex(2), static: true, local: false },
    });
  });

  test("a routing rule", () => {
    expect(decodeNotification(samples.rule)).toMatchObject({
      kind: "rule changed",
      rule: { source: parseIpPrefix("10.9.0.0/24"), table: 1000, action: "table" },
    });
  });

  test("what it is not about", () => {
    expect(decodeNotification({ type: RTM_NEWQDISC, payload: new Uint8Array() })).toBeUndefined();
  });

  test("truncated and damaged bytes give a notification or a DecodeError", () => {
    let state = 1;
    const random = (): number => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return state >>> 8;
    };
    const attempt = (type: number, payload: Uint8Array): void => {
      try {
        decodeNotification({ type, payload });
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    };
    for (const { type, payload } of Object.values(samples)) {
      for (let length = 0; length < payload.length; length++) attempt(type, payload.subarray(0, length));
      for (let round = 0; round < 2000; round++) {
        const damaged = payload.slice();
        for (let hits = 1 + (random() % 3); hits > 0; hits--) damaged[random() % damaged.length] = random() & 0xff;
        attempt(type, damaged);
      }
    }
  });
});
