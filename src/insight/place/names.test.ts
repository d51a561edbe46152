import { expect, test } from "bun:test";
import { parseIpAddress, parseMacAddress } from "../../net/mod.ts";
import { type NameSources, NO_NAMES, namesFrom } from "./names.ts";

// Only what names are made of; the rest of the contract's views is not asked for.
const endpoint = {
  sandbox: "5a",
  sandboxName: "web",
  networkName: "back",
  hostLink: "weft0",
  interfaceName: "eth0",
  mac: "02:00:00:00:00:05",
  addresses: ["10.7.0.5/24", "fd00:7::5/64"],
};
const sources = {
  pid: 7,
  sandboxes: [{ id: "5a", name: "web" }],
  networks: [
    {
      name: "back",
      driver: { kind: "bridge", settings: { bridge: "br7" } },
      subnets: [{ gateway: "10.7.0.1" }, {}],
      endpoints: [endpoint],
    },
    { name: "host", driver: { kind: "host" }, subnets: [], endpoints: [] },
  ],
} as unknown as NameSources;

test("addresses, MACs and links have the names of sandboxes and networks", () => {
  const names = namesFrom(sources);
  expect(
    ["10.7.0.5", "fd00:7::5", "10.7.0.1", "10.7.0.6"].map((text) => names.ofAddress(parseIpAddress(text))),
  ).toEqual(["web", "web", "back/gateway", undefined]);
  expect(names.ofMac(parseMacAddress("02:00:00:00:00:05"))).toBe("web");
  expect(names.ofHostLink("br7")).toEqual({ network: "back" });
  expect(names.ofHostLink("weft0")).toEqual({ network: "back", sandbox: "web" });
  // A name of a link means something in its own namespace only.
  expect(names.ofHostLink("eth0")).toBeUndefined();
  expect(names.ofSandboxLink("5a", "eth0")).toEqual({ network: "back", sandbox: "web" });
  expect(names.ofSandboxLink("5b", "eth0")).toBeUndefined();
  expect(names.daemon).toEqual({ pid: 7 });
});

test("without a daemon nothing has a name", () => {
  expect(NO_NAMES.daemon).toBeUndefined();
  expect(NO_NAMES.ofAddress(parseIpAddress("10.7.0.5"))).toBeUndefined();
  expect(NO_NAMES.ofHostLink("br7")).toBeUndefined();
});
