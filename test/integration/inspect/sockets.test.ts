import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SandboxView } from "../../../src/contract/mod.ts";
import type { SocketView } from "../../../src/insight/state/mod.ts";
import {
  createHost,
  look,
  lookWith,
  privileged,
  runOrThrow,
  serve,
  spawnIn,
  startDaemon,
  waitFor,
  weft,
} from "../../support/mod.ts";

const own = { netnsPath: "/proc/self/ns/net" };

/** What ss prints of one socket, in the words of our table: `tcp LISTEN 0.0.0.0:80`. */
async function ssLines(place: { readonly netnsPath: string }, options: string): Promise<readonly string[]> {
  const text = await runOrThrow(place, `ss -H -n -a ${options}`);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [protocol = "", state = "", , , local = "", peer = ""] = line.trim().split(/\s+/);
      return `${protocol} ${state} ${local} ${peer}`;
    })
    .toSorted();
}

const ssStates: Readonly<Record<string, string>> = {
  listen: "LISTEN",
  established: "ESTAB",
  close: "UNCONN",
  "time-wait": "TIME-WAIT",
};

function asSs(socket: SocketView): string {
  if (socket.protocol === "unix") return "";
  const end = ({ address, port }: { address: string; port: number }): string => {
    const isEverywhere = address === "::" && socket.ipv6Only !== true;
    const host = isEverywhere ? "*" : address.includes(":") ? `[${address}]` : address;
    return `${host}:${port === 0 ? "*" : port}`;
  };
  const anybody = socket.family === "ipv4" ? "0.0.0.0:*" : socket.ipv6Only === true ? "[::]:*" : "*:*";
  const peer = socket.remote === undefined ? anybody : end(socket.remote);
  return `${socket.protocol} ${ssStates[socket.state] ?? socket.state} ${end(socket.local)} ${peer}`;
}

test.if(privileged)("weft sockets shows what ss shows, from the inside and by name, path and pid", async () => {
  await using host = await createHost({ label: "sockets", uplink: true });
  await using _servers = await serve(host, "web", [80, 81]);
  await using _only6 = spawnIn(host, ["socat", "UDP6-RECVFROM:5353,ipv6only=1", "-"]);
  await using _old = spawnIn(host, ["socat", "TCP4-LISTEN:8080,fork", "SYSTEM:cat"]);
  await waitFor(async () => {
    const text = await runOrThrow(host, "ss -H -lntu");
    return [":8080 ", ":5353 "].every((port) => text.includes(port));
  });
  await using client = spawnIn(host.outside, ["socat", "-", "TCP:203.0.113.2:8080"]);
  client.write("hello");
  await waitFor(() => client.output() === "hello", { what: "an answer, and so a connection" });

  const expected = await ssLines(host, "-tu");
  expect(expected.filter((line) => line.startsWith("tcp ESTAB 203.0.113.2:8080 203.0.113.1:"))).toHaveLength(1);
  const [pid = ""] = (await runOrThrow(own, `ip netns pids ${host.name}`)).split("\n");
  for (const [place, words] of [
    [host, "sockets --tcp --udp"],
    [own, `sockets --tcp --udp ${host.name}`],
    [own, `sockets --tcp --udp --in ${host.netnsPath}`],
    [own, `sockets -t -u pid:${pid}`],
  ] as const) {
    const seen = (await look(place, words)) as readonly SocketView[];
    expect({ words, seen: seen.map(asSs).toSorted() }).toEqual({ words, seen: [...expected] });
  }
  const listening = (await look(host, "sockets --listening")) as readonly SocketView[];
  expect(
    listening
      .filter((socket) => socket.protocol === "tcp")
      .map(asSs)
      .toSorted(),
  ).toEqual((await ssLines(host, "-t -u -l")).filter((line) => line.startsWith("tcp ")));
});

test.if(privileged)("weft sockets names the processes, of unix sockets at both ends", async () => {
  await using host = await createHost({ label: "sockets-unix" });
  const directory = await mkdtemp(join(tmpdir(), "weft-sockets-"));
  await using _directory = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
  const path = join(directory, "s");
  await using _server = spawnIn(host, ["socat", `UNIX-LISTEN:${path},fork`, "SYSTEM:cat"]);
  await using _abstract = spawnIn(host, ["socat", "ABSTRACT-LISTEN:weft-moon", "-"]);
  await waitFor(async () => /weft-moon/.test(await runOrThrow(host, "ss -H -lx")));
  await waitFor(async () => (await runOrThrow(host, "ss -H -lx")).includes(path));
  await using client = spawnIn(host, ["socat", "-", `UNIX-CONNECT:${path}`]);
  client.write("hello");
  await waitFor(() => client.output() === "hello", { what: "an answer, and so a connection" });

  // users:(("socat",pid=4711,fd=5))
  const text = await runOrThrow(host, "ss -H -lxp");
  const pid = Number(new RegExp(`${path} .*pid=(\\d+),fd=\\d+`).exec(text)?.[1]);
  expect(pid).toBeGreaterThan(0);
  const sockets = (await look(host, "sockets --unix")) as readonly SocketView[];
  expect(sockets).toContainEqual(
    expect.objectContaining({
      protocol: "unix",
      type: "stream",
      state: "listen",
      path,
      processes: expect.arrayContaining([expect.objectContaining({ pid, name: "socat" })]),
    }),
  );
  expect(sockets).toContainEqual(expect.objectContaining({ state: "listen", abstract: "weft-moon" }));
  expect(sockets).toContainEqual(
    expect.objectContaining({
      state: "established",
      peer: expect.objectContaining({
        path,
        processes: expect.arrayContaining([expect.objectContaining({ name: "socat" })]),
      }),
    }),
  );
  const { stdout } = await lookWith(host, "sockets -x -l");
  expect(stdout).toContain(`socat/${pid}`);
  expect(stdout).toContain("@weft-moon");
});

test.if(privileged)(
  "with a daemon, addresses have names, and sandboxes are places",
  async () => {
    await using host = await createHost({ label: "sockets-names", uplink: true });
    await using daemon = await startDaemon(host);
    const ok = { exitCode: 0, stderr: "" };
    expect(await weft(daemon, "network", "create", "--subnet", "10.7.0.0/24", "back")).toMatchObject(ok);
    for (const name of ["api", "webapp"]) {
      const words = `run -d --name ${name} --network back -- busybox httpd -f -p 80 -h /etc`;
      expect(await weft(daemon, ...words.split(" "))).toMatchObject(ok);
    }
    const addresses = await weft(daemon, "sandbox", "ls", "--json");
    const views = JSON.parse(addresses.stdout) as readonly SandboxView[];
    const [api, webapp] = ["api", "webapp"].map((name) => views.find((each) => each.name === name));
    const address = webapp?.endpoints[0]?.addresses[0]?.split("/")[0] ?? "";
    const inside = { netnsPath: api?.netnsPath ?? "" };
    await waitFor(async () =>
      (await runOrThrow({ netnsPath: webapp?.netnsPath ?? "" }, "ss -H -lnt")).includes(":80 "),
    );
    await using _client = spawnIn(inside, ["socat", "-", `TCP:${address}:80`]);
    await waitFor(async () => (await runOrThrow(inside, "ss -H -nt")).includes(`${address}:80`));

    const { stdout } = await weft(daemon, "sockets", "api", "--json", "--tcp");
    expect(JSON.parse(stdout)).toContainEqual(
      expect.objectContaining({
        state: "established",
        local: expect.objectContaining({ name: "api" }),
        remote: { address, port: 80, name: "webapp" },
        processes: [expect.objectContaining({ name: "socat" })],
      }),
    );
    expect((await weft(daemon, "sockets", "api", "-t")).stdout).toContain(`${address}:80 (webapp)`);
    // By the beginning of an id, and by what says that a sandbox is meant.
    for (const place of [api?.id.slice(0, 12) ?? "", "sandbox:api"]) {
      const again = await weft(daemon, "sockets", "--in", place, "-t", "-l", "--json");
      expect(JSON.parse(again.stdout)).toContainEqual(
        expect.objectContaining({
          local: { address: "::", port: 80 },
          processes: [expect.objectContaining({ name: "busybox" })],
        }),
      );
    }
    // A name of `ip netns` that is also a sandbox's, and another namespace.
    await using taken = await createHost({ label: "sockets-taken" });
    const add = ["sandbox", "add", taken.name, "--netns", host.outside.netnsPath];
    expect(await weft(daemon, ...add)).toMatchObject(ok);
    expect(await weft(daemon, "sockets", taken.name)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(`want sandbox:${taken.name} or netns:${taken.name}`),
    });
    expect(await weft(daemon, "sockets", `netns:${taken.name}`)).toMatchObject(ok);
  },
  30_000,
);

test.if(privileged)("a place that is none is refused by name, and nothing is started", async () => {
  await using host = await createHost({ label: "sockets-bad" });
  for (const [words, exitCode, said] of [
    ["sockets nobody", 4, 'Cannot find namespace "nobody"'],
    ["sockets pid:4194304", 4, "of process 4194304"],
    ["sockets pid:x", 2, "want pid: and a number"],
    ["sockets /etc/passwd", 2, "it is no network namespace"],
    ["sockets /nothing", 4, "there is no such file"],
    ["sockets --in lo lo", 2, "want one of them"],
    ["sockets a/b", 2, "want the name of a sandbox or of ip netns, a path, or pid:PID"],
  ] as const) {
    const result = await lookWith(host, words);
    expect({ words, exitCode: result.exitCode, stderr: result.stderr }).toEqual({
      words,
      exitCode,
      stderr: expect.stringContaining(said),
    });
  }
});
