import { describe, expect, test } from "bun:test";
import {
  createHost,
  type Daemon,
  type Host,
  killAllIn,
  type Place,
  privileged,
  request,
  run,
  runOrThrow,
  spawnIn,
  startDaemon,
  waitFor,
  watchEvents,
  witness,
} from "../support/mod.ts";

interface Sandbox extends Place {
  readonly hostLink: string;
}

/** A host with a network of both families, two sandboxes on it, and a port of `web` published. */
async function weave(daemon: Daemon): Promise<{ readonly web: Sandbox; readonly client: Sandbox }> {
  await request(daemon, "POST", "/networks", {
    name: "front",
    subnets: [{ prefix: "10.90.0.0/24" }, { prefix: "fd00:90::/64" }],
    options: { "com.docker.network.bridge.name": "front0" },
  });
  const create = async (name: string, ports: readonly unknown[], address: string): Promise<Sandbox> => {
    const networks = [{ network: "front", ipv4: address }];
    const view = await request(daemon, "POST", "/sandboxes", { name, networks, ports });
    const { netnsPath, endpoints } = view as { netnsPath: string; endpoints: readonly { hostLink: string }[] };
    return { netnsPath, hostLink: endpoints[0]?.hostLink ?? "" };
  };
  const web = await create("web", [{ hostPorts: "8080", sandboxPorts: "80" }], "10.90.0.10");
  const client = await create("client", [], "10.90.0.11");
  return { web, client };
}

interface LinkSeen {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly master?: string;
  readonly ifalias?: string;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_slave_data?: { readonly isolated?: boolean } };
  readonly addr_info?: readonly { readonly local: string; readonly prefixlen: number; readonly scope: string }[];
}

/** What `ip` and `nft` see of a host, without what differs from one making to the next: indexes, handles, counters, MAC addresses. */
async function look(host: Host): Promise<unknown> {
  const [links, table] = await Promise.all([
    witness(host, "ip -j -d addr") as Promise<readonly LinkSeen[]>,
    run(host, "nft -s list table inet weft"),
  ]);
  return {
    links: links
      .map(({ ifname, flags, mtu, master, ifalias, linkinfo, addr_info }) => ({
        ...{ ifname, mtu, master, ifalias, kind: linkinfo?.info_kind, isolated: linkinfo?.info_slave_data?.isolated },
        up: flags.includes("UP") && flags.includes("LOWER_UP"),
        addresses: (addr_info ?? [])
          .filter(({ scope }) => scope !== "link")
          .map(({ local, prefixlen }) => `${local}/${prefixlen}`)
          .sort(),
      }))
      .sort((a, b) => a.ifname.localeCompare(b.ifname)),
    table: table.stdout,
  };
}

interface Damage {
  readonly name: string;
  /** Where and what; each is a command of another program. */
  readonly does: (host: Host, web: Sandbox) => readonly [Place, string];
}

const damages: readonly Damage[] = [
  { name: "nft flush ruleset", does: (host) => [host, "nft flush ruleset"] },
  { name: "nft delete table", does: (host) => [host, "nft delete table inet weft"] },
  { name: "an element is deleted", does: (host) => [host, "nft delete element inet weft bridges { front0 }"] },
  {
    name: "a published port is deleted",
    does: (host) => [host, "nft delete element inet weft published_any4 { tcp . 8080 }"],
  },
  { name: "a strange element is added", does: (host) => [host, "nft add element inet weft icc_off { front0 }"] },
  { name: "a set is flushed", does: (host) => [host, "nft flush set inet weft masquerade4"] },
  { name: "a chain is flushed", does: (host) => [host, "nft flush chain inet weft to_sandbox"] },
  { name: "a rule is added", does: (host) => [host, "nft insert rule inet weft forward drop"] },
  { name: "a bridge is deleted", does: (host) => [host, "ip link del front0"] },
  { name: "the host's end of a pair is deleted", does: (host, web) => [host, `ip link del ${web.hostLink}`] },
  { name: "the sandbox's end of a pair is deleted", does: (_host, web) => [web, "ip link del eth0"] },
  { name: "a bridge is set down", does: (host) => [host, "ip link set front0 down"] },
  { name: "a port is set down", does: (host, web) => [host, `ip link set ${web.hostLink} down`] },
  { name: "a gateway's address is deleted", does: (host) => [host, "ip addr del 10.90.0.1/24 dev front0"] },
  { name: "a bridge's addresses are flushed", does: (host) => [host, "ip addr flush dev front0"] },
  { name: "a port is taken out of its bridge", does: (host, web) => [host, `ip link set ${web.hostLink} nomaster`] },
  { name: "a port is put on another bridge", does: (host, web) => [host, `ip link set ${web.hostLink} master other0`] },
  { name: "a port's MTU is changed", does: (host, web) => [host, `ip link set ${web.hostLink} mtu 1300`] },
  { name: "a bridge's MTU is changed", does: (host) => [host, "ip link set front0 mtu 1300"] },
  { name: "a port is isolated", does: (host, web) => [host, `bridge link set dev ${web.hostLink} isolated on`] },
  { name: "a port loses its mark", does: (host, web) => [host, `ip link set ${web.hostLink} alias stolen`] },
  { name: "a bridge is renamed", does: (host) => [host, "ip link set front0 name gone0"] },
  {
    name: "a port is moved to another namespace",
    does: (host, web) => [host, `ip link set ${web.hostLink} netns ${host.name}-outside`],
  },
];

/** Generous: machines that run tests are busy. The figures themselves are printed. */
const REPAIR_LIMIT_MS = 2000;
/** What half of the repairs keep even there, the damaging command and the looks of the witnesses included. */
const USUAL_LIMIT_MS = 100;

describe.if(privileged)("drift", () => {
  test("whatever another program changes of ours is put back, and nothing else is touched", async () => {
    await using host = await createHost({ label: "drift", uplink: true });
    await runOrThrow(host, "ip link add other0 type bridge");
    await runOrThrow(host, "nft add table ip foreign");
    await using daemon = await startDaemon(host);
    const { web, client } = await weave(daemon);
    await using events = await watchEvents(daemon);
    // Up to here the kernel may still be bringing things up.
    await waitFor(async () => (await run(client, "ping -c 1 -W 1 10.90.0.10")).exitCode === 0, {
      what: "the first ping",
    });
    const before = await look(host);
    const figures: string[] = [];
    const times: number[] = [];
    for (const { name, does } of damages) {
      const [place, command] = does(host, web);
      const startMs = performance.now();
      await runOrThrow(place, command);
      await waitFor(async () => Bun.deepEquals(await look(host), before), {
        timeoutMs: REPAIR_LIMIT_MS,
        what: `repair after: ${name}`,
        intervalMs: 1,
      }).catch(async (error) => {
        expect(await look(host), `${name}: ${error}\n${await daemon.log()}`).toEqual(before);
      });
      const tookMs = performance.now() - startMs;
      times.push(tookMs);
      figures.push(`${tookMs.toFixed(0).padStart(5)} ms  ${name}`);
      await waitFor(async () => (await run(client, "ping -c 1 -W 1 10.90.0.10")).exitCode === 0, {
        what: `a ping after: ${name}`,
      });
      expect(await run(web, "ping -c 1 -W 1 203.0.113.1"), name).toMatchObject({ exitCode: 0 });
    }
    console.error(
      `from the start of the damaging command until two foreign programs saw all repaired:\n${figures.join("\n")}`,
    );
    expect(times.sort((a, b) => a - b)[times.length >> 1]).toBeLessThan(USUAL_LIMIT_MS);
    expect(await witness(host, "nft list tables")).toContain("table inet weft");
    // Nothing goes on being repaired.
    const repairs = events.seen.filter(({ kind }) => kind === "repair").length;
    expect(repairs).toBeGreaterThanOrEqual(damages.length);
    await Bun.sleep(300);
    expect(events.seen.filter(({ kind }) => kind === "repair")).toHaveLength(repairs);
  });

  test("flows that run go on: along a bridge, to a published port, and out to the world", async () => {
    await using host = await createHost({ label: "flows", uplink: true });
    await using daemon = await startDaemon(host);
    const { web, client } = await weave(daemon);
    await runOrThrow(host.outside, "ip route add 10.90.0.0/24 via 203.0.113.2");
    await using server = spawnIn(web, ["socat", "TCP-LISTEN:80,fork,reuseaddr", "EXEC:cat"]);
    await waitFor(async () => (await run(web, "ss -Hltn sport = :80")).stdout !== "", { what: "the server" });
    // One connection from outside to the published port, by which each line comes back.
    await using visitor = spawnIn(host.outside, ["socat", "-", "TCP:203.0.113.2:8080"]);
    const echo = async (line: string): Promise<void> => {
      visitor.write(`${line}\n`);
      await waitFor(() => visitor.output().includes(`${line}\n`), { timeoutMs: 10_000, what: `the echo of ${line}` });
    };
    await echo("before");
    const count = 200;
    const along = witness(client, `ping -i 0.01 -q -c ${count} 10.90.0.10`);
    const out = witness(client, `ping -i 0.01 -q -c ${count} 203.0.113.1`);
    for (const command of ["nft flush ruleset", "ip link del front0", "nft delete table inet weft"]) {
      await Bun.sleep(300); // between the damages packets flow
      await runOrThrow(host, command);
    }
    await echo("after");
    for (const summary of [await along, await out]) {
      const received = Number(/(\d+) received/.exec(String(summary))?.[1]);
      expect(received).toBeGreaterThan(count * 0.8);
    }
    expect(server.exited()).toBe(false);
  });

  test("what the engine changes itself causes no repair", async () => {
    await using host = await createHost({ label: "calm", uplink: true });
    await using daemon = await startDaemon(host);
    await using events = await watchEvents(daemon);
    await request(daemon, "POST", "/networks", { name: "back", subnets: [{ prefix: "10.91.0.0/24" }] });
    await request(daemon, "POST", "/networks", {
      name: "extra",
      ipv6: true,
      options: { "com.docker.network.bridge.enable_icc": "false" },
    });
    for (let round = 0; round < 100; round++) {
      const name = `s${round}`;
      await request(daemon, "POST", "/sandboxes", {
        name,
        networks: [{ network: "back" }],
        ports: [{ sandboxPorts: "80" }],
      });
      await request(daemon, "POST", "/networks/extra/connect", { sandbox: name });
      await request(daemon, "POST", "/networks/back/disconnect", { sandbox: name });
      await request(daemon, "DELETE", `/sandboxes/${name}`);
    }
    await waitFor(() => events.seen.filter(({ kind }) => kind === "sandbox-remove").length === 100, {
      what: "all events",
    });
    await Bun.sleep(200); // a repair would come within this
    expect(events.seen.filter(({ kind }) => kind === "repair")).toEqual([]);
  });

  test("a program that undoes each repair is not fought without end, and is told of once", async () => {
    await using host = await createHost({ label: "fight" });
    await using daemon = await startDaemon(host);
    await weave(daemon);
    const fighter = spawnIn(host, ["sh", "-c", "while :; do ip link set front0 mtu 1300; sleep 0.01; done"]);
    const sentence = "another program keeps changing link front0";
    const count = async (text: string): Promise<number> => (await daemon.log()).split(text).length - 1;
    await waitFor(async () => (await count(sentence)) > 0, { timeoutMs: 20_000, what: "the sentence about the fight" });
    const repairs = await count("repaired: configure bridge front0");
    await Bun.sleep(2000); // two hundred changes of the other's
    expect((await count("repaired: configure bridge front0")) - repairs).toBeLessThan(4);
    expect(await count(sentence)).toBe(1);
    expect(await request(daemon, "GET", "/info")).toMatchObject({
      warnings: expect.arrayContaining([expect.stringContaining(sentence)]),
    });
    // When the other gives up, the bridge is put back for good.
    await fighter[Symbol.asyncDispose]();
    await waitFor(async () => JSON.stringify(await witness(host, "ip -j link show front0")).includes('"mtu":1500'), {
      timeoutMs: 10_000,
      what: "the last repair",
    });
  });

  test("a link of our name that another program made is left alone, and said to be in the way", async () => {
    await using host = await createHost({ label: "usurper" });
    await using daemon = await startDaemon(host);
    await weave(daemon);
    await daemon.stop();
    await runOrThrow(host, "ip link del front0");
    await runOrThrow(host, "ip link add front0 type bridge");
    await runOrThrow(host, "ip addr add 192.0.2.1/24 dev front0");
    await daemon.start();
    expect(await witness(host, "ip -j addr show front0")).toMatchObject([{ addr_info: [{ local: "192.0.2.1" }] }]);
    expect(JSON.stringify(await request(daemon, "GET", "/info"))).toContain("Cannot create bridge front0");
    await runOrThrow(host, "ip link del front0");
    await waitFor(async () => JSON.stringify(await witness(host, "ip -j addr show front0")).includes("10.90.0.1"), {
      what: "our bridge, now that the name is free",
    });
  });
});

describe.if(privileged)("a start", () => {
  test("changes nothing where nothing differs", async () => {
    await using host = await createHost({ label: "still", uplink: true });
    await using daemon = await startDaemon(host);
    const { client } = await weave(daemon);
    await waitFor(async () => (await run(client, "ping -c 1 -W 1 10.90.0.10")).exitCode === 0, {
      what: "the first ping",
    });
    // The kernel checks its own link-local addresses for up to two seconds.
    for (const place of [host, client]) {
      await waitFor(async () => !(await runOrThrow(place, "ip addr show tentative")).includes("inet6"), {
        what: "settled addresses",
      });
    }
    await runOrThrow(host, "ip addr add 198.51.100.1/24 dev front0"); // an administrator's own
    const before = await look(host);
    await using links = spawnIn(host, ["ip", "monitor", "link", "address", "route", "rule", "netconf"]);
    await using rules = spawnIn(host, ["nft", "monitor"]);
    await using inside = spawnIn(client, ["ip", "monitor", "link", "address", "route"]);
    const monitors = [links, rules, inside];
    const said = (): readonly string[] => monitors.map((monitor) => monitor.output());
    // Each shows that it watches by what we have it see.
    await waitFor(
      async () => {
        await runOrThrow(host, "nft add table ip probe");
        await runOrThrow(host, "nft delete table ip probe");
        for (const place of [host, client]) {
          await runOrThrow(place, "ip link add probe0 type bridge");
          await runOrThrow(place, "ip link del probe0");
        }
        return said().every((output) => output.includes("probe"));
      },
      { what: "monitors that watch" },
    );
    let seen: readonly string[] = [];
    await waitFor(
      () => {
        const quiet = Bun.deepEquals(seen, said());
        seen = said();
        return quiet;
      },
      { intervalMs: 200, what: "the end of what we had them see" },
    );
    await daemon.kill();
    await daemon.start();
    await daemon.stop();
    await daemon.start();
    await Bun.sleep(100); // what was to be seen, has been
    expect(said()).toEqual(seen);
    expect(await look(host)).toEqual(before);
  });

  test("is not kept from by a published port that cannot be held, and says so", async () => {
    await using host = await createHost({ label: "held", uplink: true });
    await using daemon = await startDaemon(host);
    const ports = [
      { hostAddress: "203.0.113.2", hostPorts: "8081", sandboxPorts: "80" },
      { hostPorts: "8082", sandboxPorts: "80" },
    ];
    await request(daemon, "POST", "/networks", { name: "front" });
    await request(daemon, "POST", "/sandboxes", { name: "web", networks: [{ network: "front" }], ports });
    await daemon.kill();
    await runOrThrow(host, "ip addr del 203.0.113.2/24 dev uplink0");
    await using _usurper = spawnIn(host, ["socat", "TCP-LISTEN:8082,fork", "EXEC:cat"]);
    await waitFor(async () => (await run(host, "ss -Hltn sport = :8082")).stdout !== "", { what: "the usurper" });
    await daemon.start();
    const { warnings } = (await request(daemon, "GET", "/info")) as { readonly warnings: readonly string[] };
    expect(warnings).toContainEqual(expect.stringMatching(/port 203.0.113.2:8081\/tcp of sandbox web is not held: /));
    expect(warnings).toContainEqual(expect.stringMatching(/port 8082\/tcp of sandbox web is not held: .*socat/));
  });

  test("puts back what was changed inside a sandbox meanwhile, and leaves what others added there", async () => {
    await using host = await createHost({ label: "inside", uplink: true });
    await using daemon = await startDaemon(host);
    const { web, client } = await weave(daemon);
    const inside = async (): Promise<unknown> => {
      const links = (await witness(web, "ip -j addr show eth0")) as readonly LinkSeen[];
      return links.map(({ flags, mtu, addr_info = [] }) => ({
        ...{ up: flags.includes("UP"), mtu },
        addresses: addr_info.filter(({ scope }) => scope === "global").map(({ local }) => local),
      }));
    };
    const routes = async (): Promise<unknown> => [
      await witness(web, "ip -4 route show default"),
      await witness(web, "ip -6 route show default"),
    ];
    const before = [await inside(), await routes()];
    await runOrThrow(web, "ip link add foreign0 type bridge");
    await runOrThrow(web, "ip addr add 192.0.2.1/24 dev foreign0");
    await daemon.kill();
    for (const damage of [
      "ip route del default",
      "ip addr flush dev eth0 scope global",
      "ip link set eth0 mtu 1400",
      "ip link set eth0 down",
    ]) {
      await runOrThrow(web, damage);
    }
    await daemon.start();
    expect([await inside(), await routes()]).toEqual(before);
    expect(await witness(web, "ip -j -4 addr show foreign0")).toMatchObject([{ addr_info: [{ local: "192.0.2.1" }] }]);
    await waitFor(async () => (await run(client, "ping -c 1 -W 1 10.90.0.10")).exitCode === 0, { what: "a ping" });
  });

  test("after a reboot builds everything anew from the store", async () => {
    const boot = await createHost({ label: "boot", uplink: true });
    await using daemon = await startDaemon(boot);
    await weave(daemon);
    const before = await look(boot);
    await daemon.kill();
    // A reboot takes every process, the run directory's mounts and all that is in the host's namespace.
    await killAllIn(boot.netnsPath);
    for (const path of await mountsBelow(daemon.runDirectory)) await runOrThrow(here, `umount ${path}`);
    await runOrThrow(here, `rm -rf ${daemon.runDirectory}`);
    await runOrThrow(here, `ip netns delete ${boot.name}`);
    await runOrThrow(here, `ip netns delete ${boot.name}-outside`);
    await using again = await createHost({ label: "boot", uplink: true });
    // The daemon starts in the place that it was made with.
    await runOrThrow(here, `ln -s ${again.netnsPath} ${boot.netnsPath}`);
    await daemon.start().finally(() => runOrThrow(here, `rm ${boot.netnsPath}`));
    expect(await look(again)).toEqual(before);
    const web = await sandboxNamed(daemon, "web");
    const client = await sandboxNamed(daemon, "client");
    await waitFor(async () => (await run(client, "ping -c 1 -W 1 10.90.0.10")).exitCode === 0, { what: "a ping" });
    expect(await run(client, "ping -6 -c 1 -W 2 fd00:90::2")).toMatchObject({ exitCode: 0 });
    expect(await run(web, "ping -c 1 -W 2 203.0.113.1")).toMatchObject({ exitCode: 0 });
    expect(await witness(client, "dig +short @127.0.0.11 web A")).toBe("10.90.0.10");
  });
});

/** The namespace that tests run in: for programs that look after files and names of namespaces, never to change links in it. */
const here: Place = { netnsPath: "/proc/self/ns/net" };

async function mountsBelow(directory: string): Promise<readonly string[]> {
  const mounts = await Bun.file("/proc/self/mounts").text();
  return mounts
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.startsWith(`${directory}/`))
    .reverse(); // a mount inside a mount goes first
}

async function sandboxNamed(daemon: Daemon, name: string): Promise<Place> {
  return (await request(daemon, "GET", `/sandboxes/${name}`)) as Place;
}
