import { describe, expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { parseInterfaceAddress, parseIpAddress, parseIpPrefix, parseLinkName, parsePort } from "../../net/mod.ts";
import {
  addressMessage,
  linkMessage,
  qdiscMessage,
  RTM_NEWLINK,
  RTM_SETLINK,
  routeMessage,
  ruleMessage,
} from "../../netlink/route/mod.ts";
import { parseLinkIndex } from "../objects/mod.ts";
import { addAddressStep } from "./address-steps.ts";
import { setLinkStep, setLinkSteps } from "./change-link.ts";
import { createVethStep } from "./create-link.ts";
import { setTokenBucketStep } from "./qdisc-steps.ts";
import { addRouteStep, deleteRouteStep } from "./route-steps.ts";
import { addRuleStep, deleteRuleStep } from "./rule-steps.ts";

const v0 = parseLinkName("v0");
const index = parseLinkIndex(3);

describe("a step says in words what it does:", () => {
  test.each([
    {
      step: createVethStep({ name: v0, peer: { name: parseLinkName("eth0") } }),
      words: 'create veth "v0"',
    },
    { step: setLinkStep(v0, { up: true, alias: "a" }), words: 'set link "v0" to up, alias "a"' },
    { step: setLinkStep(index, { up: false, mtu: 9 }), words: "set link 3 to down, mtu 9" },
    {
      step: addAddressStep({ link: index, address: parseInterfaceAddress("10.0.0.5/24") }),
      words: "add address 10.0.0.5/24 to link 3",
    },
    {
      step: addRouteStep({
        destination: parseIpPrefix("0.0.0.0/0"),
        nextHops: [{ gateway: parseIpAddress("10.0.0.1"), link: index }],
        table: 7,
      }),
      words: "add route 0.0.0.0/0 via 10.0.0.1 on link 3 in table 7",
    },
    {
      step: deleteRouteStep({ destination: parseIpPrefix("10.0.0.0/8"), type: "blackhole" }),
      words: "delete blackhole route 10.0.0.0/8",
    },
  ])("$words", ({ step, words }) => {
    expect(step.operation).toBe(words);
  });
});

describe("a link is changed", () => {
  test("with one request, of the type that heeds all of it", () => {
    expect(setLinkStep(v0, { up: true }).request.type).toBe(RTM_SETLINK);
    expect(setLinkStep(v0, { up: true, port: { isolated: true } }).request.type).toBe(RTM_NEWLINK);
  });

  test("with two where it becomes a port with options", () => {
    const master = parseLinkIndex(2);
    const messages = setLinkSteps(v0, { master, up: true, port: { hairpin: true } }).map(({ request }) =>
      linkMessage.decode(request.payload),
    );
    expect(messages).toMatchObject([
      { header: { change: 0 }, attributes: { ifname: "v0", master: 2 } },
      { header: { change: 1 }, attributes: { linkinfo: { bridgePort: { mode: true } } } },
    ]);
  });

  test("with a sysctl of IPv4 as an attribute of its own number", () => {
    const { payload } = setLinkStep(index, { promoteSecondaries: true }).request;
    // IFLA_AF_SPEC, AF_INET, IFLA_INET_CONF, IPV4_DEVCONF_PROMOTE_SECONDARIES: if_link.h and ip.h of include/uapi/linux.
    expect<Uint8Array>(payload.slice(16)).toEqual(
      hex("14 00 1a 80  10 00 02 80  0c 00 01 80  08 00 14 00 01 00 00 00"),
    );
  });

  test("by name, but not in its name", () => {
    expect(() => setLinkStep(v0, { name: parseLinkName("v1") })).toThrow(
      'Cannot rename link "v0" to "v1": want its index',
    );
    expect(linkMessage.decode(setLinkStep(index, { name: v0 }).request.payload)).toMatchObject({
      header: { index: 3 },
      attributes: { ifname: "v0" },
    });
  });
});

describe("defaults:", () => {
  test.each([
    { address: "10.0.0.5/24", broadcast: parseIpAddress("10.0.0.255"), scope: 0 },
    { address: "10.0.0.5/32", broadcast: undefined, scope: 0 },
    { address: "127.0.0.53/8", broadcast: parseIpAddress("127.255.255.255"), scope: 254 },
    { address: "fd00::5/64", broadcast: undefined, scope: 0 },
  ])("address $address has broadcast $broadcast and scope $scope", ({ address, broadcast, scope }) => {
    const { payload } = addAddressStep({ link: index, address: parseInterfaceAddress(address) }).request;
    const { header, attributes } = addressMessage.decode(payload);
    expect(attributes.broadcast).toBe(broadcast);
    expect(header.scope).toBe(scope);
  });

  test.each([
    { name: "direct", nextHops: [{ link: index }], scope: 253 },
    { name: "through a gateway", nextHops: [{ gateway: parseIpAddress("10.0.0.1") }], scope: 0 },
  ])("a route $name has scope $scope", ({ nextHops, scope }) => {
    const { payload } = addRouteStep({ destination: parseIpPrefix("10.1.0.0/16"), nextHops }).request;
    expect(routeMessage.decode(payload).header).toMatchObject({ scope, table: 254, protocol: 4, type: 1 });
  });

  test("a table above 255 stands in the attribute alone", () => {
    const { payload } = addRouteStep({ destination: parseIpPrefix("10.1.0.0/16"), table: 1000 }).request;
    expect(routeMessage.decode(payload)).toMatchObject({ header: { table: 0 }, attributes: { table: 1000 } });
  });

  test("a rule to delete has none", () => {
    const rule = { family: "ipv4", priority: 100 } as const;
    expect(ruleMessage.decode(addRuleStep(rule).request.payload)).toMatchObject({
      header: { action: 1, table: 254 },
      attributes: { priority: 100, protocol: 4 },
    });
    expect(ruleMessage.decode(deleteRuleStep(rule).request.payload)).toMatchObject({
      header: { action: 0, table: 0 },
      attributes: { priority: 100 },
    });
  });

  test("ports of a rule are a range", () => {
    const sourcePorts = { first: parsePort(80), last: parsePort(90) };
    const { payload } = addRuleStep({ family: "ipv6", sourcePorts }).request;
    expect(ruleMessage.decode(payload).attributes.sportRange).toEqual({ start: 80, end: 90 });
  });
});

describe("a token bucket", () => {
  test("above 4 GiB a second has its rate in 64 bits", () => {
    const { payload } = setTokenBucketStep(index, {
      rateBits: 100_000_000_000n,
      burstBytes: 1_000_000,
      limitBytes: 9,
    }).request;
    expect(qdiscMessage.decode(payload).attributes.tbf).toMatchObject({
      parms: { rate: { rate: 0xffffffff } },
      rate64: 12_500_000_000n,
      burst: 1_000_000,
    });
  });

  test.each([
    { bucket: { rateBits: 7n, burstBytes: 1, limitBytes: 1 }, want: "want at least 8 bits a second" },
    { bucket: { rateBits: 8n, burstBytes: 0, limitBytes: 1 }, want: "have 0 and 1" },
  ])("refuses $want", ({ bucket, want }) => {
    expect(() => setTokenBucketStep(index, bucket)).toThrow(want);
  });
});
