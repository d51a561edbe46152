import { expect, test } from "bun:test";
import type { LinkView, NamespaceView } from "../../../src/insight/state/mod.ts";
import {
  createHost,
  look,
  lookWith,
  privileged,
  runOrThrow,
  spawnIn,
  startDaemon,
  waitFor,
  weft,
} from "../../support/mod.ts";

const own = { netnsPath: "/proc/self/ns/net" };

async function inodeOf(path: string): Promise<number> {
  return Number(await runOrThrow(own, ["stat", "--dereference", "--format=%i", path]));
}

test.if(privileged)(
  "weft netns ls shows who lives in a namespace, its links, and where their other ends are",
  async () => {
    await using host = await createHost({ label: "netns", uplink: true });
    await using _sleeper = spawnIn(host, ["sleep", "300"]);
    const pids = await waitFor(async () => {
      const text = (await runOrThrow(own, `ip netns pids ${host.name}`)).trim();
      return text === "" ? undefined : text.split("\n").map(Number);
    });
    // The same index at both ends, as hosts of a bridge have: only the kernel's number of the namespace tells them apart.
    await using other = await createHost({ label: "netns-other" });
    for (const [link, index] of [
      ["twin", 7],
      ["more", 8],
    ] as const) {
      const peer = `peer name ${link}0 index ${index} netns ${link === "twin" ? other.name : `${host.name}-outside`}`;
      await runOrThrow(host, `ip link add ${link} index ${index} type veth ${peer}`);
    }
    const namespaces = (await look(host, "netns ls")) as readonly NamespaceView[];
    const [first] = namespaces;
    expect(first).toMatchObject({ own: true, label: host.name, names: [host.name], paths: [host.netnsPath] });
    expect(first?.ino).toBe(await inodeOf(host.netnsPath));
    expect(namespaces.filter((each) => each.own)).toHaveLength(1);
    expect(first?.processes).toEqual(expect.arrayContaining(pids.map((pid) => ({ pid, name: "sleep" }))));
    const outside = `${host.name}-outside`;
    const links = new Map(first?.links.map((link) => [link.name as string, link]));
    expect(links.get("uplink0")).toMatchObject({
      kind: "veth",
      up: true,
      lower: { namespace: outside, link: "host0", ino: await inodeOf(host.outside.netnsPath) },
    });
    expect(links.get("uplink0")?.addresses as readonly string[]).toContain("203.0.113.2/24");
    expect(links.get("twin")).toMatchObject({ lower: { namespace: other.name, link: "twin0" } });
    expect(links.get("more")).toMatchObject({ lower: { namespace: outside, link: "more0" } });
    const back = namespaces.find(({ label }) => label === outside)?.links.find(({ name }) => name === "host0");
    expect(back).toMatchObject({ lower: { namespace: host.name, link: "uplink0" } });

    const here = (await look(host, "link")) as readonly LinkView[];
    expect(here.find(({ name }) => name === "twin")).toMatchObject({ lower: { name: "twin0", namespace: other.name } });
    expect(here.find(({ name }) => name === "more")).toMatchObject({ lower: { name: "more0", namespace: outside } });
    expect((await lookWith(host, "link")).stdout).toMatch(new RegExp(`^\\d+ +uplink0 .* host0 of ${outside} `, "m"));

    const named = (await runOrThrow(own, "ip netns list")).split("\n").map((line) => line.split(" ")[0] ?? "");
    const quiet = (await lookWith(host, "netns ls -q")).stdout.split("\n");
    for (const name of [host.name, outside, other.name]) {
      expect(named).toContain(name);
      expect(quiet).toContain(name);
    }
    const table = (await lookWith(host, "netns ls")).stdout;
    expect(table).toContain(`uplink0 203.0.113.2/24 2001:db8:ffff::2/64 to host0 of ${outside}`);
  },
);

test.if(privileged)("with a daemon, sandboxes are called by their names, and links by their networks", async () => {
  await using host = await createHost({ label: "netns-names" });
  await using daemon = await startDaemon(host);
  expect(await weft(daemon, "network", "create", "--subnet", "10.7.0.0/24", "back")).toMatchObject({ exitCode: 0 });
  const start = `run -d --name web-${host.name} --network back -- sleep 300`.split(" ");
  expect(await weft(daemon, ...start)).toMatchObject({ exitCode: 0 });
  const namespaces = JSON.parse((await weft(daemon, "netns", "ls", "--json")).stdout) as readonly NamespaceView[];
  const web = namespaces.find(({ label }) => label === `web-${host.name}`);
  expect(web).toMatchObject({
    sandboxes: [{ name: `web-${host.name}`, state: "running" }],
    processes: [{ name: "sleep" }],
  });
  expect(web?.links.find(({ name }) => name === "eth0")).toMatchObject({
    network: "back",
    lower: { namespace: host.name },
  });
  const ports = namespaces.find(({ own: isOwn }) => isOwn)?.links.filter(({ network }) => network === "back");
  expect(ports?.map(({ sandbox }) => sandbox).toSorted()).toEqual([`web-${host.name}`, undefined] as never);
});
