import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { type LinkName, parseLinkName } from "../../net/mod.ts";
import { createNetns, inNetns, type Netns } from "../../sys/mod.ts";
import { watchKernel } from "../events/mod.ts";
import { type LinkIndex, parseLinkIndex } from "../objects/mod.ts";
import { createVethStep, openRouteClient, type RouteClient } from "../route/mod.ts";
import { openLinkDeleter } from "./mod.ts";

const privileged = process.getuid?.() === 0;

/** What `ip` sees. */
function linkNames(netns: Netns): readonly string[] {
  const { stdout } = inNetns(netns, () => Bun.spawnSync(["ip", "-j", "link"]));
  const links: readonly { ifname: string }[] = JSON.parse(stdout.toString());
  return links.map(({ ifname }) => ifname).sort();
}

function createVeth(client: RouteClient, name: LinkName, peerNetns: Netns): LinkIndex {
  client.apply([createVethStep({ name, mtu: 1500, peer: { name, netnsFd: peerNetns.fd } })]);
  return client.links.get(name).index;
}

describe.if(privileged)("the deleter", () => {
  test("has freed the name when it says so, and takes the peer, too", async () => {
    using host = createNetns();
    using sandbox = createNetns();
    using client = openRouteClient({ netns: host });
    await using deleter = await openLinkDeleter({ netns: host });
    const name = parseLinkName("a0");
    const took: number[] = [];
    for (let round = 0; round < 10; round++) {
      const index = createVeth(client, name, sandbox);
      expect(linkNames(sandbox)).toEqual(["a0", "lo"]);
      const startedMs = performance.now();
      await deleter.deleteLinks([index]);
      took.push(performance.now() - startedMs);
      expect(linkNames(host)).toEqual(["lo"]);
      expect(linkNames(sandbox)).toEqual(["lo"]);
      await Bun.sleep(30); // else the threads are all busy, and the time is the kernel's
    }
    expect(took.sort((a, b) => a - b)[5]).toBeLessThan(10);
  });

  test("takes many at once, the same one twice, and those that are gone", async () => {
    using host = createNetns();
    using sandbox = createNetns();
    using client = openRouteClient({ netns: host });
    await using watch = watchKernel({ netns: host, route: ["link"] });
    await using deleter = await openLinkDeleter({ netns: host, watch });
    const indexes = Array.from({ length: 60 }, (_, place) => createVeth(client, parseLinkName(`a${place}`), sandbox));
    await Promise.all([
      deleter.deleteLinks(indexes.slice(0, 1)),
      deleter.deleteLinks(indexes.slice(1, 40)),
      deleter.deleteLinks(indexes.slice(30)),
      deleter.deleteLinks([parseLinkIndex(7777), ...indexes.slice(0, 2)]),
    ]);
    expect(linkNames(host)).toEqual(["lo"]);
  });

  test("takes links of another namespace, and says what cannot be deleted there", async () => {
    using host = createNetns();
    using sandbox = createNetns();
    using client = openRouteClient({ netns: host });
    using inside = openRouteClient({ netns: sandbox });
    await using deleter = await openLinkDeleter({ netns: host });
    createVeth(client, parseLinkName("a0"), sandbox);
    const lower = client.links.indexOf(parseLinkName("a0"));
    const names = ["m0", "m1", "m2"].map(parseLinkName);
    for (const name of names) client.links.createMacvlan({ name, lower, mode: "bridge", netnsFd: sandbox.fd });
    const [first, ...rest] = names.map((name) => inside.links.indexOf(name));
    const startedMs = performance.now();
    await deleter.deleteLinksIn(sandbox, first === undefined ? [] : [first]);
    expect(performance.now() - startedMs).toBeLessThan(15);
    expect(linkNames(sandbox)).toEqual(["a0", "lo", "m1", "m2"]);
    const refusal: unknown = await deleter
      .deleteLinksIn(sandbox, [parseLinkIndex(1), ...rest, parseLinkIndex(7777)])
      .catch((error) => error);
    expect(refusal).toMatchObject({ message: "Cannot delete link 1: EOPNOTSUPP", errno: "EOPNOTSUPP" });
    expect(linkNames(sandbox)).toEqual(["a0", "lo"]);
    expect(linkNames(host)).toEqual(["a0", "lo"]);
  });

  test("says what cannot be deleted, and deletes the rest", async () => {
    using host = createNetns();
    using sandbox = createNetns();
    using client = openRouteClient({ netns: host });
    await using deleter = await openLinkDeleter({ netns: host });
    const index = createVeth(client, parseLinkName("a0"), sandbox);
    // Not `expect().rejects`: it waits in a loop of its own, which hears no worker.
    const refusal: unknown = await deleter.deleteLinks([parseLinkIndex(1), index]).catch((error) => error);
    expect(refusal).toMatchObject({ message: "Cannot delete link 1: EOPNOTSUPP", errno: "EOPNOTSUPP" });
    expect(linkNames(host)).toEqual(["lo"]);
  });

  test("leaves no descriptor and no thread behind", async () => {
    using host = createNetns();
    using sandbox = createNetns();
    const count = () => ({ fds: readdirSync("/proc/self/fd").length, threads: readdirSync("/proc/self/task").length });
    const run = async () => {
      using client = openRouteClient({ netns: host });
      await using deleter = await openLinkDeleter({ netns: host });
      await deleter.deleteLinks([createVeth(client, parseLinkName("a0"), sandbox)]);
    };
    await run();
    await Bun.sleep(100);
    const before = count();
    for (let round = 0; round < 5; round++) await run();
    await Bun.sleep(200);
    const after = count();
    expect(after.fds).toBeLessThanOrEqual(before.fds);
    expect(after.threads).toBeLessThanOrEqual(before.threads + 1);
  });
});
