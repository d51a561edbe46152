import { expect, test } from "bun:test";
import type { LinkRates } from "../../../src/insight/state/mod.ts";
import {
  createHost,
  look,
  lookCommand,
  lookWith,
  privileged,
  runOrThrow,
  spawnIn,
  startDaemon,
  waitFor,
  weft,
  weftCommand,
  witness,
} from "../../support/mod.ts";

interface IpLink {
  readonly ifname: string;
  readonly stats64: { readonly rx: { readonly bytes: number }; readonly tx: { readonly bytes: number } };
}

async function bytesOf(place: { readonly netnsPath: string }, link: string): Promise<IpLink["stats64"]> {
  const links = (await witness(place, "ip -j -s link")) as readonly IpLink[];
  const found = links.find(({ ifname }) => ifname === link);
  if (found === undefined) throw new Error(`Cannot find ${link}`);
  return found.stats64;
}

test.if(privileged)(
  "weft stats --watch tells what ip counts, an interval after the other",
  async () => {
    await using host = await createHost({ label: "stats", uplink: true });
    const before = await bytesOf(host, "uplink0");
    await using watch = spawnIn(host, lookCommand("stats --watch --json --interval 100ms --link uplink0"));
    const samples = (): readonly LinkRates[] =>
      watch
        .output()
        .split("\n")
        .slice(0, -1)
        .flatMap((line) => JSON.parse(line) as readonly LinkRates[]);
    await waitFor(() => samples().length > 0, { what: "a first interval", timeoutMs: 15_000 });
    await runOrThrow(host.outside, "ping -q -c 20 -i 0.01 -s 1000 203.0.113.2");
    // 20 packets of 1,042 bytes both ways: the counters have them, and so must have the rates times their intervals.
    const after = await bytesOf(host, "uplink0");
    expect(after.rx.bytes - before.rx.bytes).toBeGreaterThan(20_000);
    await waitFor(() => (samples().at(-1)?.totals.rxBytes ?? 0) >= after.rx.bytes, { what: "the last of the packets" });
    const carried = samples().reduce((sum, { inBytes, intervalMs }) => sum + (inBytes * intervalMs) / 1000, 0);
    expect(carried).toBeGreaterThan(20_000);
    const first = samples()[0];
    const gone = (samples().at(-1)?.totals.rxBytes ?? 0) - (first?.totals.rxBytes ?? 0);
    expect(Math.abs(carried - gone)).toBeLessThan(0.02 * gone + 2000);
  },
  30_000,
);

test.if(privileged)(
  "weft stats --watch ends with its link, its namespace, its process or its sandbox",
  async () => {
    await using host = await createHost({ label: "stats-gone", uplink: true });
    await using daemon = await startDaemon(host);
    for (const words of ["network create back", "run -d --name web --network back -- sleep 300"]) {
      expect(await weft(daemon, ...words.split(" "))).toMatchObject({ exitCode: 0 });
    }
    await using other = await createHost({ label: "stats-other" });
    await using _sleeper = spawnIn(other, ["sleep", "300"]);
    const pid = (await runOrThrow(host, `ip netns pids ${other.name}`)).trim();
    const second = `${other.name}-2`;
    await runOrThrow(host, `ip netns add ${second}`);
    await runOrThrow(host, "ip link add extra0 type veth peer name extra1");
    const environment = [
      ...[
        "env",
        `WEFT_SOCKET=${daemon.socket}`,
        `WEFT_RUN=${daemon.runDirectory}`,
        `WEFT_STATE=${daemon.stateDirectory}`,
      ],
      ...weftCommand(),
    ];
    for (const [words, end] of [
      ["--link extra0", () => runOrThrow(host, "ip link delete extra0")],
      [`pid:${pid}`, () => runOrThrow(host, `kill ${pid}`)],
      ["web", () => weft(daemon, "rm", "--force", "web")],
      [second, () => runOrThrow(host, `ip netns delete ${second}`)],
    ] as const) {
      await using watch = spawnIn(host, [
        ...environment,
        ..."stats --watch --json --interval 50ms".split(" "),
        ...words.split(" "),
      ]);
      await waitFor(() => watch.output().includes("\n"), { what: `a first interval of ${words}`, timeoutMs: 15_000 });
      expect(watch.exited()).toBe(false);
      await end();
      await waitFor(() => watch.exited(), { what: `the end of stats ${words}` });
    }
    expect(await lookWith(host, "stats --link nosuch0")).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('Cannot find link "nosuch0": want one of lo, '),
    });
  },
  40_000,
);

test.if(privileged)(
  "weft stats of one interval is a table, and on a terminal a graph",
  async () => {
    await using host = await createHost({ label: "stats-once", uplink: true });
    const [lo] = (await look(host, "stats --interval 50ms")) as readonly LinkRates[];
    expect(lo).toMatchObject({ name: "lo", inBytes: 0, up: true });
    const { stdout } = await lookWith({ netnsPath: "/proc/self/ns/net" }, `stats --interval 50ms ${host.name}`);
    expect(stdout).toMatch(/^LINK +IN +IN PACKETS +OUT/);
    expect(stdout).toMatch(/^uplink0 +\d/m);
    expect(await lookWith(host, "stats --interval 1ms")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("want 50ms to 1h"),
    });
    // script gives it a terminal.
    const command = lookCommand("stats --watch --interval 50ms").join(" ");
    await using terminal = spawnIn(host, ["env", "TERM=xterm", "script", "-qec", command, "/dev/null"]);
    await waitFor(() => /uplink0 +in +\d.* p\/s ▁▁▁/.test(terminal.output()), { what: "a graph", timeoutMs: 15_000 });
    expect(terminal.output()).toContain("\x1b[4A\x1b[J");
  },
  30_000,
);
