import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { configJsonSchema } from "./config-schema.ts";
import { readDaemonConfig } from "./read-config.ts";

const read = (text: string) => readDaemonConfig({ path: "weft.yaml", text });

test("docs/weft.schema.json is the schema: tools/config-schema.ts writes it", () => {
  const published: unknown = JSON.parse(readFileSync(join(import.meta.dir, "../../docs/weft.schema.json"), "utf8"));
  expect(published).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
});

test("an empty file says nothing", () => {
  const nothing = { settings: { addressPools: [], networkOptions: {}, hostGateways: {}, portProxy: true } };
  expect<unknown>(read("")).toEqual(nothing);
  expect<unknown>(read("# nothing\n")).toEqual(nothing);
  expect<unknown>(read("{}")).toEqual(nothing);
});

test("all that a file can say, in YAML and in Docker's JSON", () => {
  const wanted = {
    settings: {
      addressPools: [
        { prefix: "10.64.0.0/16", subnetLength: 24 },
        { prefix: "fd00:1::/48", subnetLength: 64 },
      ],
      networkOptions: { bridge: { "com.docker.network.driver.mtu": "1400" } },
      hostGateways: { ipv4: "192.0.2.1", ipv6: "2001:db8::1" },
      portProxy: false,
    },
    group: "net",
    log: "/var/log/weft.log",
    dockerPlugin: true,
  };
  const yaml = `
    default-address-pools:
      - base: 10.64.0.0/16
        size: 24
      - {base: "fd00:1::/48", size: 64}
    default-network-opts: {bridge: {com.docker.network.driver.mtu: "1400"}}
    host-gateway-ips: [192.0.2.1, "2001:db8::1"]
    userland-proxy: false
    group: net
    log: /var/log/weft.log
    docker-plugin: true
  `;
  expect<unknown>(read(yaml)).toEqual(wanted);
  const json = {
    "default-address-pools": [
      { base: "10.64.0.0/16", size: 24 },
      { base: "fd00:1::/48", size: 64 },
    ],
    "default-network-opts": { bridge: { "com.docker.network.driver.mtu": "1400" } },
    "host-gateway-ips": ["192.0.2.1", "2001:db8::1"],
    "userland-proxy": false,
    group: "net",
    log: "/var/log/weft.log",
    "docker-plugin": true,
  };
  expect<unknown>(read(JSON.stringify(json, undefined, 2))).toEqual(wanted);
});

test.each([
  ["pools: []", '1:1: pools: unknown key "pools": want one of'],
  [
    "default-address-pool: []",
    '1:1: default-address-pool: unknown key "default-address-pool": did you mean "default-address-pools"?',
  ],
  ["default-address-pools: 10.0.0.0/8", '1:24: default-address-pools: got "10.0.0.0/8": want a list'],
  ["default-address-pools:\n  - {size: 24}", "2:5: default-address-pools[0].base: it is missing"],
  ["default-address-pools:\n  - {base: 10.0.0.0/8}", "2:5: default-address-pools[0].size: it is missing"],
  [
    "default-address-pools:\n  - {base: 10.0.0.1/8, size: 24}",
    "2:12: default-address-pools[0].base: cannot parse IP prefix",
  ],
  [
    "default-address-pools:\n  - {base: 10.0.0.0/16, size: 8}",
    "2:31: default-address-pools[0].size: got 8: want from 16, the length of 10.0.0.0/16, to 31",
  ],
  ["default-address-pools:\n  - {base: 10.0.0.0/16, size: 32}", "2:31: default-address-pools[0].size: got 32"],
  ["default-address-pools:\n  - {base: 10.0.0.0/16, size: x}", 'default-address-pools[0].size: got "x": want a number'],
  [
    "default-address-pools:\n  - {base: 127.0.0.0/16, size: 24}",
    "default-address-pools[0].base: 127.0.0.0/16 overlaps 127.0.0.0/8 (loopback)",
  ],
  [
    "default-address-pools:\n  - {base: 10.0.0.0/8, size: 24}\n  - {base: 10.1.0.0/16, size: 24}",
    "3:12: default-address-pools[1].base: 10.1.0.0/16 overlaps 10.0.0.0/8",
  ],
  ["default-network-opts: {bridge: {com.docker.network.driver.mtu: 9}}", "com.docker.network.driver.mtu"],
  [
    'default-network-opts: {bridge: {com.docker.network.driver.mtu: "9"}}',
    "cannot use option com.docker.network.driver.mtu=9",
  ],
  ["default-network-opts: {overlay: {}}", "default-network-opts"],
  ["host-gateway-ips: [10.0.0.1, 10.0.0.2]", "host-gateway-ips[1]: a second ipv4 address: want one of each family"],
  ["log: daemon.log", "1:6: log: "],
  ["group: net\ngroup: net", "this key is given twice"],
  ["group: [", "malformed YAML"],
])("%j is refused", (text, message) => {
  expect(() => read(text)).toThrow(message);
});
