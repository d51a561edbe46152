import { expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createHost,
  type Host,
  outsideAddresses,
  privileged,
  run,
  runOrThrow,
  startDaemon,
  weft,
  weftCommand,
  witness,
} from "../support/mod.ts";

/** A host with routes of its own: a VPN's, one that drops, one in another table. */
async function createRoutedHost(): Promise<Host> {
  const host = await createHost({ label: "overlap", uplink: true });
  const outside = outsideAddresses.outside;
  for (const route of [
    `10.8.0.0/16 via ${outside.ipv4}`,
    "blackhole 10.9.0.0/24",
    `10.10.0.0/24 via ${outside.ipv4} table 77`,
    `0.0.0.0/1 via ${outside.ipv4}`,
    `fd00:8::/48 via ${outside.ipv6}`,
  ]) {
    await runOrThrow(host, `ip route add ${route}`);
  }
  return host;
}

interface Answer {
  readonly exitCode: number;
  readonly stderr: string;
  readonly answer: unknown;
}

const SERVER = "10.53.0.53";

/** Where commands run: with a resolv.conf of their own, and no daemon but perhaps the test's. */
interface Desk extends AsyncDisposable {
  readonly socket: string;
  readonly overlap: (...prefixes: readonly string[]) => Promise<Answer>;
}

async function openDesk(host: Host): Promise<Desk> {
  const directory = await mkdtemp(join(tmpdir(), "weft-overlap-"));
  const socket = join(directory, "weft.sock");
  const resolvConf = join(directory, "resolv.conf");
  await writeFile(resolvConf, `nameserver ${SERVER}\n`);
  const script = 'mount --make-rprivate / && mount --bind "$0" /etc/resolv.conf && exec "$@"';
  const environment = { WEFT_SOCKET: socket, WEFT_STATE: join(directory, "state"), WEFT_RUN: join(directory, "run") };
  return {
    socket,
    overlap: async (...prefixes) => {
      const command = [...weftCommand(), "subnet", "overlap", "--json", ...prefixes];
      const words = ["unshare", "--mount", "sh", "-c", script, resolvConf, ...command];
      const { exitCode, stdout, stderr } = await run(host, words, { environment });
      return { exitCode, stderr, answer: JSON.parse(stdout) };
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

test.if(privileged)(
  "overlap finds the host's routes, addresses and name servers, without a daemon, and starts none",
  async () => {
    await using host = await createRoutedHost();
    await using desk = await openDesk(host);
    const before = await witness(host, "ip -j route show table all");

    expect(await desk.overlap("10.7.0.0/16", "fd00:9::/48")).toEqual({
      exitCode: 0,
      stderr: "",
      answer: {
        overlap: false,
        daemon: false,
        prefixes: [
          { prefix: "10.7.0.0/16", overlaps: [] },
          { prefix: "fd00:9::/48", overlaps: [] },
        ],
      },
    });
    expect(
      await desk.overlap("10.8.1.0/24", "10.9.0.0/16", "10.10.0.128/25", "fd00:8:0:1::/64", "203.0.113.0/25"),
    ).toEqual({
      exitCode: 5,
      stderr: "",
      answer: {
        overlap: true,
        daemon: false,
        prefixes: [
          {
            prefix: "10.8.1.0/24",
            overlaps: [
              { kind: "route", prefix: "10.8.0.0/16", by: "route 10.8.0.0/16 of uplink0", relation: "around" },
            ],
            free: "10.7.255.0/24",
          },
          {
            prefix: "10.9.0.0/16",
            overlaps: [
              {
                kind: "route",
                prefix: "10.9.0.0/24",
                by: expect.stringMatching(/^route 10.9.0.0\/24 of /),
                relation: "within",
              },
            ],
            free: "10.11.0.0/16",
          },
          {
            prefix: "10.10.0.128/25",
            overlaps: [
              { kind: "route", prefix: "10.10.0.0/24", by: "route 10.10.0.0/24 of uplink0", relation: "around" },
            ],
            free: "10.10.1.0/25",
          },
          {
            prefix: "fd00:8:0:1::/64",
            overlaps: [
              { kind: "route", prefix: "fd00:8::/48", by: "route fd00:8::/48 of uplink0", relation: "around" },
            ],
            free: "fd00:7:ffff:ffff::/64",
          },
          {
            prefix: "203.0.113.0/25",
            overlaps: [
              { kind: "route", prefix: "203.0.113.0/24", by: "route 203.0.113.0/24 of uplink0", relation: "around" },
              { kind: "address", prefix: "203.0.113.0/24", by: "address 203.0.113.2/24", relation: "around" },
            ],
            free: "192.168.255.128/25",
          },
        ],
      },
    });
    expect(await desk.overlap("10.53.0.0/24")).toMatchObject({
      exitCode: 5,
      answer: {
        prefixes: [
          {
            overlaps: [
              { kind: "name server", prefix: "10.53.0.53/32", by: "name server 10.53.0.53", relation: "within" },
            ],
            free: "10.53.1.0/24",
          },
        ],
      },
    });
    expect(await Bun.file(desk.socket).exists()).toBe(false);
    expect(await witness(host, "ip -j route show table all")).toEqual(before);
  },
);

test.if(privileged)("overlap finds the networks of a daemon that runs, and what is proposed is free", async () => {
  await using host = await createRoutedHost();
  await using daemon = await startDaemon(host);
  expect(
    await weft(daemon, "network", "create", "--subnet", "10.7.0.0/24", "--subnet", "fd00:7::/64", "back"),
  ).toMatchObject({ exitCode: 0 });
  const free = await weft(daemon, "subnet", "overlap", "10.7.1.0/24");
  expect(free).toMatchObject({ exitCode: 0, stderr: "" });
  const taken = await weft(daemon, "subnet", "overlap", "10.7.0.0/25", "fd00:7::/64", "10.8.0.0/24");
  expect(taken).toEqual({
    exitCode: 5,
    stderr: "",
    stdout: [
      "PREFIX        OVERLAPS                       FREE INSTEAD",
      "10.7.0.0/25   network back, 10.7.0.0/24      10.6.255.128/25",
      "fd00:7::/64   network back, fd00:7::/64      fd00:7:0:1::/64",
      "10.8.0.0/24   route 10.8.0.0/16 of uplink0   10.7.255.0/24",
      "",
    ].join("\n"),
  });
  // What is proposed is good: a network can have it.
  expect(await weft(daemon, "network", "create", "--subnet", "10.6.255.128/25", "more")).toMatchObject({ exitCode: 0 });
  // A plan for this host keeps off all of that, and what it keeps is itself.
  const plan = await weft(
    daemon,
    ..."subnet plan 10.7.0.0/16 --host --keep back=10.7.0.0/24 a=100 b=30000 --json".split(" "),
  );
  expect(plan).toMatchObject({ exitCode: 0, stderr: "" });
  expect(JSON.parse(plan.stdout)).toMatchObject({
    subnets: [
      { name: "a", prefix: "10.7.1.0/25" },
      { name: "b", prefix: "10.7.128.0/17" },
      { name: "back", prefix: "10.7.0.0/24", kept: true },
    ],
    supernets: [{ used: "0" }],
  });
  const around = await weft(daemon, ..."subnet plan 10.6.0.0/15 --host a=100 --json".split(" "));
  expect(JSON.parse(around.stdout)).toMatchObject({
    subnets: [{ name: "a", prefix: "10.6.255.0/25" }], // the piece beside network more
    supernets: [{ used: String(128 + 256) }],
  });
  await daemon.stop();
  // Its bridges are still there, and say the same.
  const after = await weft(daemon, "subnet", "overlap", "10.7.0.0/25");
  expect(after).toMatchObject({ exitCode: 5, stderr: "weft: no daemon runs: only this host was looked at\n" });
  expect(after.stdout).toContain("route 10.7.0.0/24 of weft-");
});
