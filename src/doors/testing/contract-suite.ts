import { describe, expect, test } from "bun:test";
import type { ClientContract, EngineEvent } from "../../contract/mod.ts";
import type { FakeEngine } from "./fake-engine.ts";

export interface ContractCase extends AsyncDisposable {
  readonly client: ClientContract;
  readonly engine: FakeEngine;
}

/** What every way to the engine must do alike: the same answers, the same refusals, the same ends of streams. */
export function contractSuite(way: string, open: () => Promise<ContractCase>): void {
  describe(`the contract ${way}`, () => {
    test("answers what the engine answers", async () => {
      await using it = await open();
      const created = await it.client.createNetwork({
        name: "net a".replace(" ", "-"),
        subnets: [{ prefix: "10.9.0.0/24" }],
        labels: { a: "b" },
      });
      expect(created).toMatchObject({
        name: "net-a",
        labels: { a: "b" },
        subnets: [{ prefix: "10.9.0.0/24", gateway: "10.9.0.1" }],
      });
      expect(await it.client.getNetwork({ network: created.id.slice(0, 12) })).toEqual(created);
      expect(await it.client.listNetworks({})).toEqual([created]);
      expect(await it.client.info({})).toMatchObject({ version: "0.0.0-fake", networks: 1 });
      expect(await it.client.removeNetwork({ network: "net-a" })).toBeNull();
      expect(await it.client.listNetworks({})).toEqual([]);
    });

    test("carries text, numbers and flags of every place", async () => {
      await using it = await open();
      await it.client.createNetwork({ name: "n" });
      const process = { command: ["sleep", "ä\n€", "3"] };
      await it.client.createSandbox({ name: "s", process, ports: [{ sandboxPorts: "80", hostPorts: "8080" }] });
      const endpoint = await it.client.connect({ network: "n", sandbox: "s", aliases: ["WWW"], gatewayPriority: -5 });
      expect(endpoint).toMatchObject({ aliases: ["www"], gatewayPriority: -5, sandboxName: "s", networkName: "n" });
      expect(await Array.fromAsync(it.client.logs({ sandbox: "s", tail: 2 }))).toEqual([
        { text: "ä\n€" },
        { text: "3" },
      ]);
      expect(it.client.removeSandbox({ sandbox: "s" })).rejects.toMatchObject({ name: "Refusal", kind: "in-use" });
      expect(await it.client.removeSandbox({ sandbox: "s", force: true })).toBeNull();
      expect(await it.client.pruneNetworks({})).toEqual(["n"]);
    });

    test.each([
      [
        "createNetwork",
        { name: "x", subnets: [{ prefix: "10.0.0.5/24" }] },
        "invalid",
        `Cannot create network: subnets[0].prefix "10.0.0.5/24": host bits are set, want 10.0.0.0/24`,
      ],
      ["createNetwork", {}, "invalid", "Cannot create network: name is missing, want text"],
      [
        "createNetwork",
        { name: "x", driver: "swarm" },
        "invalid",
        `Cannot create network: driver "swarm": want one of bridge, macvlan, ipvlan, overlay, host, none`,
      ],
      [
        "createNetwork",
        { name: "x", subnet: "10.0.0.0/8" },
        "invalid",
        "Cannot create network: subnet is no field of it",
      ],
      [
        "createNetwork",
        { name: "x", subnets: [{ auxiliary: { a: "ten" } }] },
        "invalid",
        `Cannot create network: subnets[0].auxiliary.a "ten": want an IP address such as 10.0.0.2 or fd00::2`,
      ],
      ["createNetwork", { name: "x", labels: { a: 5 } }, "invalid", "Cannot create network: labels.a 5: want text"],
      [
        "createSandbox",
        { name: "x", namespace: { kind: "vm" } },
        "invalid",
        `Cannot create sandbox: namespace.kind "vm": want one of own, path, pid, host, shared`,
      ],
      [
        "createSandbox",
        { name: "x", extraHosts: [{ name: "a", address: "b" }] },
        "invalid",
        `Cannot create sandbox: extraHosts[0].address "b": want an IP address such as 10.0.0.2 or fd00::2`,
      ],
      [
        "createSandbox",
        { name: "x", process: { command: [] } },
        "invalid",
        "Cannot create sandbox: process.command (0 items): want at least 1 items",
      ],
      [
        "createSandbox",
        { name: "x", networks: [{ network: "n", interfaceName: "a-name-over-15-bytes" }] },
        "invalid",
        `Cannot create sandbox: networks[0].interfaceName "a-name-over-15-bytes": want 1 to 15 bytes, it has 20`,
      ],
      ["getNetwork", { network: "nope" }, "not-found", `Cannot find network "nope": no network has that name or id`],
      ["getNetwork", { network: "ä/%?#" }, "not-found", `Cannot find network "ä/%?#": no network has that name or id`],
    ] as const)("refuses %s %j", async (name, input, kind, message) => {
      await using it = await open();
      const method = it.client[name] as (input: unknown) => Promise<unknown>; // on purpose more than the type allows
      await expect(method(input)).rejects.toMatchObject({ name: "Refusal", kind, message });
    });

    test("a refusal keeps its kind and its sentence", async () => {
      await using it = await open();
      await it.client.createNetwork({ name: "n" });
      const again = it.client.createNetwork({ name: "n" });
      await expect(again).rejects.toMatchObject({
        kind: "conflict",
        message: "Cannot create network n: the name is taken",
        reason: { code: "name-taken", what: "network", name: "n" },
      });
    });

    test("a stream of something unknown is refused", async () => {
      await using it = await open();
      const lines = Array.fromAsync(it.client.logs({ sandbox: "nobody", follow: true }));
      await expect(lines).rejects.toMatchObject({ name: "Refusal", kind: "not-found" });
    });

    test("nothing is missed once a stream is opened", async () => {
      await using it = await open();
      const events = it.client.events({});
      const reader = events[Symbol.asyncIterator]();
      const first = reader.next();
      await events.opened;
      await it.client.createNetwork({ name: "n" });
      expect(await first).toMatchObject({ value: { kind: "network-create", network: "n" } });
      await reader.return?.();
    });

    test("a span of events begins with what is remembered, and ends", async () => {
      await using it = await open();
      await it.client.createNetwork({ name: "n" });
      const span = { since: "2026-01-01T00:00:00Z", until: "2026-01-03T01:00:00+01:00" };
      expect(await Array.fromAsync(it.client.events(span))).toMatchObject([{ kind: "network-create", network: "n" }]);
      const later = it.client.events({ ...span, since: "2026-01-02T12:00:00Z" });
      expect(await Array.fromAsync(later)).toEqual([]);
      await expect((async () => Array.fromAsync(it.client.events({ since: "noon" })))()).rejects.toMatchObject({
        kind: "invalid",
        message: `Cannot watch events: since "noon": want RFC 3339, such as 2026-01-02T03:04:05Z`,
      });
    });

    test("a stream can be left while it waits", async () => {
      await using it = await open();
      const events = it.client.events({});
      const reader = events[Symbol.asyncIterator]();
      const waiting = reader.next();
      await events.opened;
      await reader.return?.();
      expect(await waiting).toMatchObject({ done: true });
      await until(() => it.engine.feed.listeners() === 0);
    });

    test("events arrive while they happen, and leaving ends the engine's side", async () => {
      await using it = await open();
      const seen: EngineEvent[] = [];
      const watching = (async () => {
        for await (const event of it.client.events({})) {
          seen.push(event);
          if (seen.length === 2) break;
        }
      })();
      await until(() => it.engine.feed.listeners() === 1);
      await it.client.createNetwork({ name: "n" });
      await until(() => seen.length === 1);
      await it.client.removeNetwork({ network: "n" });
      await watching;
      expect(seen.map(({ kind, network }) => `${kind} ${network}`)).toEqual(["network-create n", "network-remove n"]);
      await until(() => it.engine.feed.listeners() === 0);
    });
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited++) {
    if (waited > 400) throw new Error("Cannot go on: what the test waits for did not come in two seconds");
    await Bun.sleep(5);
  }
}
