import { expect, test } from "bun:test";
import type { FlowView, FlowViewEvent } from "../../../src/insight/state/mod.ts";
import {
  ask,
  createHost,
  look,
  lookCommand,
  lookWith,
  privileged,
  runOrThrow,
  serve,
  spawnIn,
  startDaemon,
  waitFor,
  weft,
} from "../../support/mod.ts";

const rules = `table ip t {
  chain pre { type nat hook prerouting priority dstnat; tcp dport 8080 dnat to 203.0.113.2:80; }
  chain in { type filter hook input priority 0; ct state new accept; }
}`;

/** `tcp src=… dst=… sport=… dport=…` of the first direction, as conntrack writes it. */
function witnessed(text: string): readonly string[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [, protocol = ""] = /^(\w+)/.exec(line) ?? [];
      const of = (name: string, which: number): string =>
        Array.from(line.matchAll(new RegExp(`\\b${name}=(\\S+)`, "g")), ([, value = ""]) => value)[which] ?? "";
      return (
        [0, 1].map((way) => `${of("src", way)}:${of("sport", way)}>${of("dst", way)}:${of("dport", way)}`).join(" ") +
        ` ${protocol}`
      );
    })
    .toSorted();
}

function words({ protocol, original, reply }: FlowView): string {
  const way = ({ source, destination }: FlowView["original"]): string =>
    `${source.address}:${source.port ?? ""}>${destination.address}:${destination.port ?? ""}`;
  return `${way(original)} ${way(reply)} ${protocol}`;
}

test.if(privileged)(
  "weft conntrack lists the flows that conntrack lists, and watches new ones",
  async () => {
    await using host = await createHost({ label: "conntrack", uplink: true });
    await runOrThrow(host, "nft -f -", { stdin: rules });
    await runOrThrow(host, "sysctl -qw net.netfilter.nf_conntrack_acct=1");
    await using _servers = await serve(host, "web", [80]);
    expect(await look(host, "conntrack")).toEqual([]);
    await using watch = spawnIn(host, lookCommand("conntrack --watch --json"));
    const events = (): readonly FlowViewEvent[] =>
      watch
        .output()
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as FlowViewEvent);
    // It says nothing when it is ready: asked until the first event comes.
    await waitFor(
      async () => {
        await ask(host.outside, { protocol: "udp", address: "203.0.113.2", port: 80 }, { expected: true });
        return events().length > 0;
      },
      { timeoutMs: 20_000, what: "an event" },
    );
    expect(
      await ask(host.outside, { protocol: "tcp", address: "203.0.113.2", port: 8080 }, { expected: true }),
    ).toBeDefined();

    const [flows, expected] = await waitFor(async () => {
      const seen = ((await look(host, "conntrack")) as readonly FlowView[]).map(words).toSorted();
      const said = witnessed(await runOrThrow(host, "conntrack -L"));
      return seen.join() === said.join() && [seen, said];
    });
    expect(flows).toEqual(expected as never);
    expect(flows?.some((line) => line.endsWith(" tcp"))).toBe(true);
    const tcp = ((await look(host, "conntrack")) as readonly FlowView[]).find(({ protocol }) => protocol === "tcp");
    expect(tcp).toMatchObject({
      destinationNat: true,
      original: { destination: { address: "203.0.113.2", port: 8080 }, packets: expect.any(Number) },
      reply: { source: { address: "203.0.113.2", port: 80 } },
    });
    await waitFor(() =>
      events().some((event) => event.kind === "new" && event.flow.original.destination.port === 8080),
    );
    expect((await lookWith(host, "conntrack")).stdout).toMatch(/^tcp .* 203\.0\.113\.2:8080 +203\.0\.113\.2:80 +- /m);
    // Who comes later sees what there is first.
    await using later = spawnIn(host, lookCommand("conntrack --watch"));
    await waitFor(() => /^current tcp .* > 203\.0\.113\.2:8080 /m.test(later.output()), { timeoutMs: 15_000 });
    await runOrThrow(host, "conntrack -F");
    await waitFor(() => events().some((event) => event.kind === "destroy"));
    await waitFor(() => /^destroy tcp .* > 203\.0\.113\.2:8080 /m.test(later.output()));
  },
  60_000,
);

test.if(privileged)(
  "with a daemon, flows have names in place of addresses",
  async () => {
    await using host = await createHost({ label: "flow-names", uplink: true });
    await using daemon = await startDaemon(host);
    expect(await weft(daemon, "network", "create", "--subnet", "10.7.0.0/24", "back")).toMatchObject({ exitCode: 0 });
    const start = "run -d --name web --ip 10.7.0.5 --network back -p 8080:80 -- busybox httpd -f -p 80 -h /etc";
    expect(await weft(daemon, ...start.split(" "))).toMatchObject({ exitCode: 0 });
    await waitFor(async () => {
      await runOrThrow(host.outside, ["curl", "-sf", "http://203.0.113.2:8080/hostname"]);
      return true;
    });
    const { stdout } = await weft(daemon, "conntrack");
    expect(stdout).toMatch(/^tcp +\S.* 203\.0\.113\.1:\d+ +203\.0\.113\.2:8080 +web:80 +/m);
    expect((await weft(daemon, "conntrack", "-n")).stdout).toMatch(/ 203\.0\.113\.2:8080 +10\.7\.0\.5:80 +/);
    const flows = JSON.parse((await weft(daemon, "conntrack", "--json")).stdout) as readonly FlowView[];
    expect(flows).toContainEqual(
      expect.objectContaining({
        reply: expect.objectContaining({ source: { address: "10.7.0.5", port: 80, name: "web" } }),
      }),
    );
  },
  30_000,
);
