import { expect, test } from "bun:test";
import type { NetworkView, SandboxView } from "../../contract/mod.ts";
import { compileFilters, containerFilterKeys, networkFilterKeys } from "./mod.ts";

const networks = [
  { name: "bridge", id: "ab12", driver: { kind: "bridge" }, labels: {}, endpoints: [] },
  { name: "host", id: "ab34", driver: { kind: "host" }, labels: {}, endpoints: [] },
  { name: "none", id: "cd56", driver: { kind: "none" }, labels: {}, endpoints: [] },
  { name: "shop_a", id: "ef78", driver: { kind: "bridge" }, labels: { app: "shop", tier: "1" }, endpoints: [{}] },
  { name: "shop_b", id: "0912", driver: { kind: "bridge" }, labels: { app: "shop" }, endpoints: [] },
] as unknown as readonly NetworkView[]; // what the filters look at

test.each([
  [{}, ["bridge", "host", "none", "shop_a", "shop_b"]],
  [{ name: ["op_"] }, ["shop_a", "shop_b"]],
  [{ name: ["^shop_(a|c)$", "host"] }, ["host", "shop_a"]],
  [{ name: ["["] }, []],
  [{ name: [] }, ["bridge", "host", "none", "shop_a", "shop_b"]],
  [{ id: ["ab"] }, ["bridge", "host"]],
  [{ driver: ["null", "host"] }, ["host", "none"]],
  [{ driver: ["bri"] }, []],
  [{ label: ["app"] }, ["shop_a", "shop_b"]],
  [{ label: ["app=shop", "tier"] }, ["shop_a"]],
  [{ label: ["app="] }, []],
  [{ type: ["custom"] }, ["shop_a", "shop_b"]],
  [{ type: ["builtin"], driver: ["bridge"] }, ["bridge"]],
  [{ dangling: ["true"] }, ["shop_b"]],
  [{ dangling: ["0"] }, ["bridge", "host", "none", "shop_a"]],
  [{ scope: ["swarm"] }, []],
] as const)("networks by %j", (filters, names) => {
  const isWanted = compileFilters(new Map<string, readonly string[]>(Object.entries(filters)), networkFilterKeys);
  expect(networks.filter(isWanted).map(({ name }): string => name)).toEqual([...names]);
});

const port = { protocol: "tcp", hostPort: 8080, sandboxPort: 80 };
const sandboxes = [
  {
    ...{ name: "old", id: "aa", created: "2026-01-01", status: { state: "exited", exitCode: 3 }, ports: [] },
    ...{ endpoints: [], namespace: { kind: "host" } },
  },
  {
    ...{ name: "web", id: "bb", created: "2026-01-02", status: { state: "running", health: "healthy" }, ports: [port] },
    ...{ endpoints: [{ network: "n1", networkName: "net" }], namespace: { kind: "own" } },
  },
] as unknown as readonly SandboxView[];

test.each([
  [{ name: ["^/web$"] }, ["web"]],
  [{ name: ["^web$"] }, ["web"]],
  [{ status: ["exited", "dead"] }, ["old"]],
  [{ exited: ["3"] }, ["old"]],
  [{ health: ["none"] }, ["old"]],
  [{ network: ["net"] }, ["web"]],
  [{ network: ["n1"] }, ["web"]],
  [{ network: ["host"] }, ["old"]],
  [{ network: ["none"] }, []],
  [{ publish: ["8000-9000"] }, ["web"]],
  [{ publish: ["8080/udp"] }, []],
  [{ expose: ["80/tcp"] }, ["web"]],
  [{ before: ["web"] }, ["old"]],
  [{ since: ["/old"] }, ["web"]],
  [{ ancestor: ["busybox"] }, []],
  [{ "is-task": ["false"] }, ["old", "web"]],
] as const)("sandboxes by %j", (filters, names) => {
  const keys = containerFilterKeys(sandboxes);
  const isWanted = compileFilters(new Map<string, readonly string[]>(Object.entries(filters)), keys);
  expect(sandboxes.filter(isWanted).map(({ name }): string => name)).toEqual([...names]);
});

test.each([
  [{ nmae: ["x"] }, "want a key of dangling, driver, id"],
  [{ dangling: ["maybe"] }, "want true or false"],
  [{ dangling: ["1", "0"] }, "want one value"],
  [{ type: ["x"] }, "want one of builtin, custom"],
  [{ toString: ["x"] }, "want a key of"],
  [{ name: ["(a+)+$"] }, "want a pattern of at most"],
  [{ name: ["a*".repeat(40)] }, "want a pattern of at most"],
  [{ name: ["(a|a)".repeat(20)] }, "want a pattern of at most"],
  [{ id: ["a".repeat(1000)] }, "want a pattern of at most"],
] as const)("networks by %j are refused", (filters, message) => {
  const compile = () => compileFilters(new Map<string, readonly string[]>(Object.entries(filters)), networkFilterKeys);
  expect(compile).toThrow(message);
});
