import { expect, test } from "bun:test";
import { parseIpAddress, parseIpPrefix } from "../../net/mod.ts";
import { completeSubnets, type SubnetContext, type SubnetsWish, type SubnetWish } from "./complete-subnets.ts";
import { subnetPools } from "./subnet-pools.ts";

const prefix = parseIpPrefix;
const address = parseIpAddress;
const context: SubnetContext = {
  pools: subnetPools([], prefix("fd12:3456:789a::/48")),
  blocked: [],
  taken: [{ prefix: prefix("10.9.0.0/16"), by: "network other" }],
};

const accepted: readonly { name: string; wish: Partial<SubnetsWish>; want: readonly object[] }[] = [
  { name: "nothing", wish: {}, want: [{ prefix: "172.28.0.0/24", gateway: "172.28.0.1", auxiliary: {} }] },
  {
    name: "--ipv6",
    wish: { ipv6: true },
    want: [
      { prefix: "172.28.0.0/24", gateway: "172.28.0.1" },
      { prefix: "fd12:3456:789a::/64", gateway: "fd12:3456:789a::1" },
    ],
  },
  {
    name: "IPv6 alone",
    wish: { ipv4: false, subnets: [{ prefix: prefix("fd00:5::/64") }] },
    want: [{ prefix: "fd00:5::/64", gateway: "fd00:5::1" }],
  },
  {
    name: "an IPv6 subnet, which turns IPv6 on",
    wish: { subnets: [{ prefix: prefix("fd00:5::/64") }] },
    want: [{ prefix: "fd00:5::/64" }, { prefix: "172.28.0.0/24" }],
  },
  {
    name: "several subnets of one family",
    wish: {
      subnets: [{ prefix: prefix("10.1.0.0/24") }, { prefix: prefix("10.1.1.0/24"), gateway: address("10.1.1.254") }],
    },
    want: [
      { prefix: "10.1.0.0/24", gateway: "10.1.0.1" },
      { prefix: "10.1.1.0/24", gateway: "10.1.1.254" },
    ],
  },
  {
    name: "a range: the gateway is its first address",
    wish: { subnets: [{ prefix: prefix("10.1.0.0/16"), range: prefix("10.1.5.0/24") }] },
    want: [{ prefix: "10.1.0.0/16", gateway: "10.1.5.0", range: "10.1.5.0/24" }],
  },
  {
    name: "a range at the beginning",
    wish: { subnets: [{ prefix: prefix("10.1.0.0/16"), range: prefix("10.1.0.0/24") }] },
    want: [{ gateway: "10.1.0.1" }],
  },
  {
    name: "an auxiliary address where the gateway would have been",
    wish: { subnets: [{ prefix: prefix("10.1.0.0/24"), auxiliary: { router: address("10.1.0.1") } }] },
    want: [{ gateway: "10.1.0.2", auxiliary: { router: "10.1.0.1" } }],
  },
  { name: "a /31", wish: { subnets: [{ prefix: prefix("10.1.0.0/31") }] }, want: [{ gateway: "10.1.0.0" }] },
  {
    name: "a length alone",
    wish: {
      subnets: [{ prefix: prefix("0.0.0.0/26") }, { prefix: prefix("0.0.0.0/26") }, { prefix: prefix("::/64") }],
    },
    want: [{ prefix: "172.28.0.0/26" }, { prefix: "172.28.0.64/26" }, { prefix: "fd12:3456:789a::/64" }],
  },
  {
    name: "an automatic one beside one that stands where it would go",
    wish: { subnets: [{}, { prefix: prefix("172.28.0.0/24") }] },
    want: [{ prefix: "172.28.1.0/24" }, { prefix: "172.28.0.0/24" }],
  },
];
test.each(accepted)("completeSubnets completes $name", ({ wish, want }) => {
  const complete = completeSubnets({ subnets: [], ipv4: true, ...wish }, context);
  expect(complete).toHaveLength(want.length);
  expect(complete).toMatchObject(want);
});

const refused: readonly { name: string; wish: Partial<SubnetsWish>; kind?: string; message: string }[] = [
  {
    name: "neither family",
    wish: { ipv4: false },
    message: "Cannot create a network without IPv4 and IPv6: want one of them at least",
  },
  {
    name: "a subnet of a family that is off",
    wish: { ipv6: false, subnets: [{ prefix: prefix("fd00:5::/64") }] },
    message: "Cannot use subnet fd00:5::/64: IPv6 is off for this network, want it on or no IPv6 subnet",
  },
  {
    name: "a gateway without a subnet",
    wish: { subnets: [{ gateway: address("10.0.0.1") }] },
    message: "Cannot use gateway 10.0.0.1: no subnet is given for it, want the subnet too",
  },
  {
    name: "a range without a subnet",
    wish: { subnets: [{ range: prefix("10.0.0.0/24") }] },
    message: "Cannot use ip-range 10.0.0.0/24: no subnet is given for it, want the subnet too",
  },
  {
    name: "an auxiliary address without a subnet",
    wish: { subnets: [{ auxiliary: { a: address("10.0.0.1") } }] },
    message: "Cannot use auxiliary address a=10.0.0.1: no subnet is given for it, want the subnet too",
  },
  {
    name: "overlap with itself",
    kind: "conflict",
    wish: { subnets: [{ prefix: prefix("10.1.0.0/16") }, { prefix: prefix("10.1.4.0/24") }] },
    message: "Cannot use subnet 10.1.4.0/24: it overlaps 10.1.0.0/16 of the same network, want a subnet that is free",
  },
  {
    name: "overlap with another network",
    kind: "conflict",
    wish: { subnets: [{ prefix: prefix("10.0.0.0/8") }] },
    message: "Cannot use subnet 10.0.0.0/8: it overlaps 10.9.0.0/16 of network other, want a subnet that is free",
  },
  ...(
    [
      [
        { prefix: prefix("10.1.0.0/32") },
        "subnet 10.1.0.0/32: it has no room for a gateway and a sandbox, want a length of at most 31",
      ],
      [
        { prefix: prefix("fd00::/127") },
        "subnet fd00::/127: it has no room for a gateway and a sandbox, want a length of at most 126",
      ],
      [
        { prefix: prefix("127.1.0.0/16") },
        "subnet 127.1.0.0/16: it overlaps 127.0.0.0/8 (loopback), want unicast addresses",
      ],
      [
        { prefix: prefix("239.0.0.0/24") },
        "subnet 239.0.0.0/24: it overlaps 224.0.0.0/3 (multicast and reserved), want unicast addresses",
      ],
      [{ prefix: prefix("fe80::/64") }, "subnet fe80::/64: it overlaps fe80::/10 (link-local), want unicast addresses"],
      [{ gateway: address("10.1.1.1") }, "gateway 10.1.1.1: want an address of subnet 10.1.0.0/24"],
      [{ gateway: address("fd00::1") }, "gateway fd00::1: want an address of subnet 10.1.0.0/24"],
      [
        { gateway: address("10.1.0.0") },
        "gateway 10.1.0.0: it is the network address of subnet 10.1.0.0/24, want one from 10.1.0.1 to 10.1.0.254",
      ],
      [
        { gateway: address("10.1.0.255") },
        "gateway 10.1.0.255: it is the broadcast address of subnet 10.1.0.0/24, want one from 10.1.0.1 to 10.1.0.254",
      ],
      [
        { prefix: prefix("fd00:5::/64"), gateway: address("fd00:5::") },
        "gateway fd00:5::: it is the subnet-router anycast address of subnet fd00:5::/64, want one from fd00:5::1 to fd00:5::ffff:ffff:ffff:ffff",
      ],
      [{ range: prefix("10.1.0.0/16") }, "ip-range 10.1.0.0/16: want a part of subnet 10.1.0.0/24"],
      [{ range: prefix("10.2.0.0/28") }, "ip-range 10.2.0.0/28: want a part of subnet 10.1.0.0/24"],
      [{ range: prefix("fd00::/80") }, "ip-range fd00::/80: want a part of subnet 10.1.0.0/24"],
      [
        { auxiliary: { a: address("10.1.1.1") } },
        "auxiliary address a=10.1.1.1: want an address of subnet 10.1.0.0/24",
      ],
      [
        { auxiliary: { a: address("10.1.0.255") } },
        "auxiliary address a=10.1.0.255: it is the broadcast address of subnet 10.1.0.0/24, want one from 10.1.0.1 to 10.1.0.254",
      ],
      [
        { auxiliary: { a: address("10.1.0.5"), b: address("10.1.0.5") } },
        "auxiliary address b=10.1.0.5: auxiliary address a has that address already",
      ],
      [
        { gateway: address("10.1.0.5"), auxiliary: { a: address("10.1.0.5") } },
        "gateway 10.1.0.5: auxiliary address a is that address",
      ],
    ] as const satisfies readonly (readonly [SubnetWish, string])[]
  ).map(([subnet, message]) => ({
    name: message,
    wish: { subnets: [{ prefix: prefix("10.1.0.0/24"), ...subnet }] },
    kind: message.includes("that address") && !message.includes("want") ? "conflict" : "invalid",
    message: `Cannot use ${message}`,
  })),
];
test.each(refused)("completeSubnets refuses $name", ({ wish, kind = "invalid", message }) => {
  expect(() => completeSubnets({ subnets: [], ipv4: true, ...wish }, context)).toThrow(
    expect.objectContaining({ name: "IpamError", kind, message }),
  );
});
