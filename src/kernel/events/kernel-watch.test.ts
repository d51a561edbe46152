import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { createNetns, inNetns, type Netns } from "../../sys/mod.ts";
import { type KernelNotification, watchKernel } from "./mod.ts";

const privileged = process.getuid?.() === 0;
const RTM_NEWLINK = 16;
const RTM_NEWADDR = 20;
const NFT_MSG_NEWTABLE = 10 << 8;
const NFT_MSG_NEWGEN = (10 << 8) | 15;

function run(netns: Netns, ...command: readonly string[]): void {
  const { exitCode, stderr } = inNetns(netns, () => Bun.spawnSync([...command]));
  if (exitCode !== 0) throw new Error(stderr.toString());
}

/** Types of messages by source, until `last` has come. */
async function typesUntil(watch: AsyncIterable<KernelNotification>, last: number): Promise<readonly string[]> {
  const seen: string[] = [];
  for await (const notification of watch) {
    if (notification.kind === "overrun") continue;
    seen.push(`${notification.source} ${notification.message.type}`);
    if (notification.message.type === last) break;
  }
  return seen;
}

describe.if(privileged)("a watch", () => {
  test("tells what other programs do in its namespace, from the moment that it was made", async () => {
    using netns = createNetns();
    using elsewhere = createNetns();
    await using watch = watchKernel({ netns, route: ["link", "ipv4Address"], nftables: true });
    run(netns, "ip", "link", "set", "lo", "up");
    run(elsewhere, "nft", "add table inet other");
    run(netns, "ip", "address", "add", "10.0.0.1/24", "dev", "lo");
    run(netns, "nft", "add table inet mine");
    // The iterator begins here: but nothing is delivered before this thread goes back to its event loop.
    const seen = await typesUntil(watch, NFT_MSG_NEWGEN);
    expect(seen).toContain(`route ${RTM_NEWLINK}`);
    expect(seen.filter((type) => type === `route ${RTM_NEWADDR}`).length).toBeGreaterThan(0);
    expect(seen.filter((type) => type === `nftables ${NFT_MSG_NEWTABLE}`)).toHaveLength(1);
  });

  test("is heard in under five milliseconds", async () => {
    using netns = createNetns();
    await using watch = watchKernel({ netns, route: ["ipv4Address"] });
    let heardMs = 0;
    using _subscription = watch.subscribe(() => {
      heardMs = performance.now();
    });
    await Bun.sleep(100); // the thread has started
    const { openConnection } = await import("../../netlink/connection/mod.ts");
    using connection = openConnection({ protocol: "route", netns });
    const took: number[] = [];
    for (let host = 1; host <= 50; host++) {
      const payload = Uint8Array.of(2, 32, 0, 0, 1, 0, 0, 0, 8, 0, 2, 0, 10, 0, 0, host); // 10.0.0.host/32 on link 1
      heardMs = 0;
      const startedMs = performance.now();
      connection.request("add an address", { type: RTM_NEWADDR, flags: 0x600, payload });
      while (heardMs === 0) await new Promise((resolve) => setImmediate(resolve));
      took.push(heardMs - startedMs);
    }
    expect(took.sort((a, b) => a - b)[25]).toBeLessThan(5);
  });

  test("says so when messages were lost, and goes on", async () => {
    using netns = createNetns();
    await using watch = watchKernel({ netns, route: ["ipv4Address"] });
    const { openConnection } = await import("../../netlink/connection/mod.ts");
    using connection = openConnection({ protocol: "route", netns });
    const overrun = Promise.withResolvers<void>();
    using _subscription = watch.subscribe((notification) => {
      if (notification.kind === "overrun") overrun.resolve();
    });
    // The thread has not started yet, and gets no chance to read: 16 MiB hold some 15,000 messages.
    const steps = Array.from({ length: 40_000 }, (_, index) => ({
      operation: "add or delete an address",
      request: {
        type: index % 2 === 0 ? RTM_NEWADDR : RTM_NEWADDR + 1,
        flags: index % 2 === 0 ? 0x600 : 0,
        payload: Uint8Array.of(2, 32, 0, 0, 1, 0, 0, 0, 8, 0, 2, 0, 10, 0, 0, 1),
      },
    }));
    connection.pipeline(steps);
    await overrun.promise;
    const next = watch[Symbol.asyncIterator]();
    for (;;) {
      connection.pipeline(steps.slice(0, 2));
      const { value } = await next.next();
      if (value.kind === "message") break;
    }
  });

  test("ends its readers, and leaves no descriptor and no thread behind", async () => {
    using netns = createNetns();
    const runOnce = async () => {
      const watch = watchKernel({ netns, route: ["link"], nftables: true, conntrack: ["destroy"] });
      const reading = Array.fromAsync(watch);
      await watch[Symbol.asyncDispose]();
      expect(await reading).toEqual([]);
      watch[Symbol.dispose](); // harmless
      expect(await watch[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
    };
    await runOnce();
    await Bun.sleep(100);
    const fds = readdirSync("/proc/self/fd").length;
    const threads = readdirSync("/proc/self/task").length;
    for (let round = 0; round < 10; round++) await runOnce();
    await Bun.sleep(200);
    expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(fds);
    expect(readdirSync("/proc/self/task").length).toBeLessThanOrEqual(threads + 1);
  });

  test("needs something to watch", () => {
    expect(() => watchKernel({ route: [] })).toThrow("want at least one group");
  });
});
