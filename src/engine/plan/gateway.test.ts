import { expect, test } from "bun:test";
import { chooseDefaultRoute } from "./gateway.ts";
import { makeState } from "./state-fixture.ts";

const networks = {
  red: { subnets: ["10.1.0.0/24 via 10.1.0.1", "fd01::/64 via fd01::1"] },
  blue: { subnets: ["10.2.0.0/24 via 10.2.0.1", "fd02::/64 via fd02::1"] },
  four: { subnets: ["10.4.0.0/24 via 10.4.0.1"] },
  shut: { subnets: ["10.5.0.0/24 via 10.5.0.1"], internal: true },
  bare: { subnets: ["10.6.0.0/24"] },
  routed: { subnets: ["10.7.0.0/24 via 10.7.0.1"], auxiliary: { DefaultGatewayIPv4: "10.7.0.254" } },
  wide: { subnets: ["10.8.0.0/24 via 10.8.0.1", "10.9.0.0/24 via 10.9.0.1"] },
};

test.each<{ what: string; on: readonly string[]; ipv4?: string; ipv6?: string }>([
  { what: "no network", on: [] },
  { what: "one", on: ["red 10.1.0.2/24 fd01::2/64"], ipv4: "10.1.0.1", ipv6: "fd01::1" },
  {
    what: "of two equals, the older",
    on: ["red 10.1.0.2/24 fd01::2/64", "blue 10.2.0.2/24 fd02::2/64"],
    ipv4: "10.1.0.1",
    ipv6: "fd01::1",
  },
  {
    what: "the higher priority",
    on: ["red 10.1.0.2/24 fd01::2/64 *1", "blue 10.2.0.2/24 fd02::2/64 *2"],
    ipv4: "10.2.0.1",
    ipv6: "fd02::1",
  },
  {
    what: "a negative priority counts for less than none",
    on: ["red 10.1.0.2/24 fd01::2/64 *-1", "blue 10.2.0.2/24 fd02::2/64"],
    ipv4: "10.2.0.1",
    ipv6: "fd02::1",
  },
  {
    what: "each family by itself",
    on: ["four 10.4.0.2/24 *9", "blue 10.2.0.2/24 fd02::2/64"],
    ipv4: "10.4.0.1",
    ipv6: "fd02::1",
  },
  {
    what: "an internal network, whatever its priority",
    on: ["shut 10.5.0.2/24 *9", "four 10.4.0.2/24"],
    ipv4: "10.4.0.1",
  },
  { what: "a network where nobody routes", on: ["bare 10.6.0.2/24 *9"] },
  { what: "a router that is not the bridge", on: ["routed 10.7.0.2/24"], ipv4: "10.7.0.254" },
  { what: "the gateway of the subnet that the address is of", on: ["wide 10.9.0.2/24"], ipv4: "10.9.0.1" },
])("the default route with $what", ({ on, ipv4, ipv6 }) => {
  const state = makeState(networks, { web: { on } });
  const via = (family: "ipv4" | "ipv6"): string | undefined =>
    chooseDefaultRoute(state, Array.from(state.endpoints), family)?.gateway;
  expect({ ipv4: via("ipv4"), ipv6: via("ipv6") }).toEqual({ ipv4, ipv6 });
});
