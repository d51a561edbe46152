import { expect, test } from "bun:test";
import { apiVersion } from "./api-version.ts";
import { readCreateRequest } from "./create-request.ts";
import { Fields } from "./fields.ts";

const subnets = (...prefixes: readonly string[]): object => ({
  IPAM: { Config: prefixes.map((Subnet) => ({ Subnet })) },
});

test.each<[version: string, body: object, request: object]>([
  ["1.41", {}, { ipv6: false, driver: "bridge", subnets: [] }],
  ["1.41", { name: "n", driver: "macvlan", ENABLEIPV6: true }, { ipv6: true, driver: "macvlan" }],
  // Clients of old send false whatever their user said.
  ["1.41", { EnableIPv6: false, ...subnets("fd00::/64") }, { ipv6: true }],
  ["1.41", { EnableIPv6: false, ...subnets("10.0.0.0/24") }, { ipv6: false }],
  ["1.48", { EnableIPv4: false, EnableIPv6: true }, { ipv4: false, ipv6: true }],
  ["1.41", { IPAM: { Driver: "default", Options: { a: "b" } } }, { ipamOptions: { a: "b" } }],
  ["1.41", { ConfigOnly: true, Labels: { a: "b" } }, { configOnly: true, labels: { a: "b" } }],
  ["1.41", { ConfigFrom: { Network: "other" } }, { configFrom: "other" }],
  ["1.41", { Internal: true, Attachable: true, Scope: "local" }, { internal: true, attachable: true }],
  ["1.41", { Internal: null, Labels: null, IPAM: null, ConfigFrom: null }, { internal: false, labels: {} }],
])("%s %j", (version, body, request) => {
  expect(readCreateRequest(new Fields({ Name: "n", ...body }), apiVersion(version))).toMatchObject(request);
});

test("what a version has not is left aside", () => {
  const body = new Fields({ Name: "n", EnableIPv4: false });
  expect(readCreateRequest(body, apiVersion("1.47"))).not.toHaveProperty("ipv4");
});

test("a network that is made after another says nothing of IPv6 unasked", () => {
  const body = new Fields({ Name: "n", EnableIPv6: false, ConfigFrom: { Network: "other" } });
  expect(readCreateRequest(body, apiVersion("1.41"))).not.toHaveProperty("ipv6");
});
