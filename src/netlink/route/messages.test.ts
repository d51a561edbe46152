import { describe, expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { parseIpAddress as ip, macBytes, parseMacAddress } from "../../net/mod.ts";
import { addressMessage } from "./address.ts";
import { captures } from "./captures.ts";
import { neighbourMessage } from "./neighbour.ts";
import { qdiscMessage } from "./qdisc.ts";
import { routeMessage } from "./route.ts";
import { ruleMessage } from "./rule.ts";

describe("what the kernel sent is decoded:", () => {
  test("an IPv4 address", () => {
    expect(addressMessage.decode(captures.ipv4Address)).toMatchObject({
      header: { family: 2, prefixLength: 24, scope: 0, index: 2 },
      attributes: { local: ip("10.9.0.2"), broadcast: ip("10.9.0.255"), label: "eth0", flags: 0x80 },
    });
  });

  test("an IPv6 address with lifetimes", () => {
    const { attributes } = addressMessage.decode(captures.ipv6Address);
    expect(attributes).toMatchObject({ address: ip("fd00::2"), cacheinfo: { preferred: 500, valid: 1000 }, flags: 2 });
  });

  test("a route with two next hops", () => {
    expect(routeMessage.decode(captures.multipathRoute)).toEqual({
      header: {
        family: 2,
        destinationLength: 16,
        sourceLength: 0,
        tos: 0,
        table: 252,
        protocol: 3,
        scope: 0,
        type: 1,
        flags: 0,
      },
      attributes: {
        table: 1000,
        dst: ip("10.66.0.0"),
        multipath: [
          { header: { flags: 0, hops: 2, index: 2 }, attributes: { gateway: ip("10.9.0.1") } },
          { header: { flags: 4, hops: 0, index: 2 }, attributes: { gateway: ip("10.9.0.7") } },
        ],
      },
    });
  });

  test("an unreachable IPv6 route", () => {
    expect(routeMessage.decode(captures.unreachableRoute)).toMatchObject({
      header: { type: 7 },
      attributes: { dst: ip("fd77::"), priority: 1024, oif: 1 },
    });
  });

  test("a routing rule", () => {
    expect(ruleMessage.decode(captures.rule)).toMatchObject({
      header: { family: 2, sourceLength: 24, action: 1 },
      attributes: {
        src: ip("10.9.0.0"),
        priority: 100,
        table: 1000,
        fwmark: 0x10,
        fwmask: 0xf0,
        iifname: "eth0",
        ipProto: 6,
        dportRange: { start: 80, end: 90 },
        suppressPrefixlen: 0xffffffff,
      },
    });
  });

  test("a neighbour", () => {
    expect(neighbourMessage.decode(captures.neighbour)).toMatchObject({
      header: { family: 2, index: 2, state: 0x80 },
      attributes: { dst: ip("10.9.0.50"), lladdr: macBytes(parseMacAddress("02:00:00:00:00:50")) },
    });
  });

  test("an FDB entry of a bridge, and one of a VXLAN link", () => {
    expect(neighbourMessage.decode(captures.bridgeFdbEntry)).toMatchObject({
      header: { family: 7, index: 3, state: 0x40, flags: 0 },
      attributes: { master: 2 },
    });
    expect(neighbourMessage.decode(captures.vxlanFdbEntry)).toMatchObject({
      header: { family: 7, state: 0xc0, flags: 2 },
      attributes: { dst: ip("10.9.0.9") },
    });
  });

  test("a token bucket: 10 Mbit/s, 32 KiB", () => {
    const { header, attributes } = qdiscMessage.decode(captures.tbfQdisc);
    expect(header).toMatchObject({ index: 2, handle: 0x8002_0000, parent: 0xffffffff });
    expect(attributes.kind).toBe("tbf");
    expect(attributes.tbf?.parms).toMatchObject({ limit: 100000, buffer: 0x64000, rate: { rate: 1_250_000 } });
  });
});

// Layouts from include/uapi/linux/{if_addr,rtnetlink,fib_rules,neighbour,pkt_sched}.h.
describe("what we send is encoded:", () => {
  test("an address", () => {
    const own = ip("10.9.0.2");
    expect(
      addressMessage.encode({
        header: { family: 2, prefixLength: 24, index: 2 },
        attributes: { local: own, address: own, broadcast: ip("10.9.0.255") },
      }),
    ).toEqual(
      hex(`
        02 18 00 00  02 00 00 00
        08 00 01 00  0a 09 00 02    # IFA_ADDRESS
        08 00 02 00  0a 09 00 02    # IFA_LOCAL
        08 00 04 00  0a 09 00 ff    # IFA_BROADCAST`),
    );
  });

  test("a route through a gateway of the other family, with an MTU", () => {
    expect(
      routeMessage.encode({
        header: { family: 2, destinationLength: 16, table: 254, protocol: 4, type: 1 },
        attributes: { dst: ip("10.55.0.0"), oif: 2, via: ip("fd00::1"), metrics: { mtu: 1300 }, table: 254 },
      }),
    ).toEqual(
      hex(`
        02 10 00 00  fe 04 00 01  00 00 00 00
        08 00 01 00  0a 37 00 00                  # RTA_DST
        08 00 04 00  02 00 00 00                  # RTA_OIF
        0c 00 08 80  08 00 02 00  14 05 00 00     # RTA_METRICS { RTAX_MTU 1300 }
        08 00 0f 00  fe 00 00 00                  # RTA_TABLE
        16 00 12 00  0a 00  fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01  00 00   # RTA_VIA, AF_INET6`),
    );
  });

  test("next hops with weights", () => {
    expect(
      routeMessage.encode({
        header: { family: 2, type: 1 },
        attributes: {
          multipath: [
            { header: { hops: 2, index: 2 }, attributes: { gateway: ip("10.9.0.1") } },
            { header: { flags: 4, index: 3 }, attributes: {} },
          ],
        },
      }),
    ).toEqual(
      hex(`
        02 00 00 00  00 00 00 01  00 00 00 00
        1c 00 09 80                                           # RTA_MULTIPATH
          10 00 00 02  02 00 00 00  08 00 05 00  0a 09 00 01  # weight 3 on link 2 { RTA_GATEWAY }
          08 00 04 00  03 00 00 00                            # RTNH_F_ONLINK, link 3`),
    );
  });

  test("a routing rule", () => {
    expect(
      ruleMessage.encode({
        header: { family: 2, sourceLength: 24, action: 1 },
        attributes: { src: ip("10.9.0.0"), priority: 100, table: 1000, dportRange: { start: 80, end: 90 } },
      }),
    ).toEqual(
      hex(`
        02 00 18 00  00 00 00 01  00 00 00 00
        08 00 02 00  0a 09 00 00    # FRA_SRC
        08 00 06 00  64 00 00 00    # FRA_PRIORITY
        08 00 0f 00  e8 03 00 00    # FRA_TABLE
        08 00 18 00  50 00 5a 00    # FRA_DPORT_RANGE, machine order`),
    );
  });

  test("an FDB entry", () => {
    expect(
      neighbourMessage.encode({
        header: { family: 7, index: 4, state: 0x80, flags: 2 },
        attributes: { dst: ip("10.9.0.9"), lladdr: new Uint8Array(6), vni: 42, port: 4789 },
      }),
    ).toEqual(
      hex(`
        07 00 00 00  04 00 00 00  80 00 02 00
        08 00 01 00  0a 09 00 09                 # NDA_DST
        0a 00 02 00  00 00 00 00 00 00 00 00     # NDA_LLADDR
        06 00 06 00  12 b5 00 00                 # NDA_PORT, network order
        08 00 07 00  2a 00 00 00                 # NDA_VNI`),
    );
  });

  test("a token bucket", () => {
    expect(
      qdiscMessage.encode({
        header: { index: 2, handle: 0x10000, parent: 0xffffffff },
        attributes: {
          kind: "tbf",
          tbf: { parms: { rate: { linkLayer: 1, rate: 1_250_000 }, limit: 100_000, buffer: 409_600 }, burst: 32_768 },
        },
      }),
    ).toEqual(
      hex(`
        00 00 00 00  02 00 00 00  00 00 01 00  ff ff ff ff  00 00 00 00
        08 00 01 00  74 62 66 00                                            # TCA_KIND "tbf"
        34 00 02 80                                                         # TCA_OPTIONS
          28 00 01 00  00 01 00 00  00 00 00 00  d0 12 13 00                # TCA_TBF_PARMS: rate
                       00 01 00 00  00 00 00 00  00 00 00 00                # no peak rate
                       a0 86 01 00  00 40 06 00  00 00 00 00                # limit, buffer, mtu
          08 00 06 00  00 80 00 00                                          # TCA_TBF_BURST`),
    );
  });
});
