import { afterAll, expect, test } from "bun:test";
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  change,
  createHost,
  inPlace,
  killAllIn,
  look,
  lookCommand,
  lookWith,
  privileged,
  run,
  runOrThrow,
  spawnIn,
  startDaemon,
  waitFor,
  weft,
  witness,
} from "../../support/mod.ts";
import { createTopologyPlace } from "../topology-place.ts";

const own = { netnsPath: "/proc/self/ns/net" };
/** As hosts of tests are called, which a later run sweeps away should this one be killed. */
const name = (label: string): string => `weft-test-${process.pid}-${label}`;
const names = ["a", "b", "c", "d"].map(name);

async function ipNames(): Promise<readonly string[]> {
  return ((await witness(own, "ip -j netns list")) as readonly { readonly name: string }[]).map((each) => each.name);
}

afterAll(async () => {
  if (!privileged) return;
  for (const each of names) {
    await killAllIn(`/run/netns/${each}`).catch(() => undefined);
    await run(own, `ip netns delete ${each}`);
  }
});

test.if(privileged)("names are those of ip netns, whoever makes and removes them", async () => {
  const [a = "", b = "", c = ""] = names;
  const made = (await look(own, `netns add ${a} ${b}`)) as readonly { readonly name: string; readonly ino: number }[];
  expect(await ipNames()).toEqual(expect.arrayContaining([a, b]));
  expect(made.map((each) => each.ino)).toEqual([
    (await stat(`/run/netns/${a}`)).ino,
    (await stat(`/run/netns/${b}`)).ino,
  ]);
  // As ip netns makes them: a loopback that is down, and nothing else.
  expect(await witness({ netnsPath: `/run/netns/${a}` }, "ip -j link")).toMatchObject([
    { ifname: "lo", operstate: "DOWN" },
  ]);
  expect(await lookWith(own, `netns add ${a}`)).toMatchObject({
    exitCode: 5,
    stderr: `weft: Cannot add namespace ${a}: there is one of that name already\n`,
  });
  expect(await lookWith(own, `netns add ${c} ${a}`)).toMatchObject({ exitCode: 5 });
  expect(await ipNames()).not.toContain(c);
  await runOrThrow(own, `ip netns add ${c}`);
  const again = (await look(own, `netns add ${a} ${c} --if-not-exists`)) as readonly { readonly ino: number }[];
  expect(again[0]?.ino).toBe(made[0]?.ino as never);
  expect((await lookWith(own, "netns ls -q")).stdout.split("\n")).toEqual(expect.arrayContaining([a, b, c]));
  await runOrThrow(own, `ip netns delete ${b}`);
  expect(await change(own, `netns rm ${a} ${c}`)).toBe(`${a}\n${c}\n`);
  expect((await ipNames()).filter((each) => names.includes(each))).toEqual([]);
  expect(await lookWith(own, `netns rm ${a}`)).toMatchObject({
    exitCode: 4,
    stderr: `weft: Cannot remove namespace ${a}: /run/netns has no such name\n`,
  });
});

test.if(privileged)("a name that goes tells who keeps the namespace", async () => {
  const [, , , d = ""] = names;
  await change(own, `netns add ${d}`);
  await using _sleeper = spawnIn({ netnsPath: `/run/netns/${d}` }, ["sleep", "60"]);
  const pid = await waitFor(async () => (await runOrThrow(own, `ip netns pids ${d}`)).trim() || undefined);
  const { stderr } = await lookWith(own, `netns rm ${d}`);
  expect(stderr).toBe(`weft: warning: ${d} has no name any more, and lives on with process ${pid} in it\n`);
  expect(await ipNames()).not.toContain(d);
});

test.if(privileged)("weft netns exec is the program, in the namespace of whatever place", async () => {
  await using host = await createHost({ label: "exec", uplink: true });
  const ino = (await stat(host.netnsPath)).ino;
  const pid = spawnIn(host, ["sleep", "60"]);
  await using _pid = pid;
  const inside = await waitFor(async () => (await runOrThrow(own, `ip netns pids ${host.name}`)).trim() || undefined);
  const readlink = ["readlink", "/proc/self/ns/net"];
  for (const place of [host.name, `netns:${host.name}`, host.netnsPath, `pid:${inside}`]) {
    expect(await change(own, ["netns", "exec", place, ...readlink])).toBe(`net:[${ino}]\n`);
  }
  // /sys of the namespace, as ip netns exec shows it; and the program's own pipes, variables, directory, mask and end.
  const asIp = await runOrThrow(own, `ip netns exec ${host.name} ls /sys/class/net`);
  expect(await change(own, ["netns", "exec", host.name, "--", "ls", "/sys/class/net"])).toBe(asIp);
  expect(asIp.split("\n")).toContain("uplink0");
  const script = 'cat; echo "$GREETING $PWD $(umask) $(ulimit -n)" >&2; exit 7';
  const child = Bun.spawn(
    [
      "sh",
      "-c",
      'umask 027; cd /usr; ulimit -Sn 1111; "$@"',
      "-",
      ...lookCommand(`netns exec ${host.name}`),
      "sh",
      "-c",
      script,
    ],
    { stdin: new TextEncoder().encode("in"), stdout: "pipe", stderr: "pipe", env: { ...process.env, GREETING: "hi" } },
  );
  expect(await child.exited).toBe(7);
  expect(await child.stdout.text()).toBe("in");
  expect(await child.stderr.text()).toBe("hi /usr 0027 1111\n");
  const signalled = Bun.spawn([...lookCommand(`netns exec ${host.name} sleep 60`)], { stdout: "ignore" });
  await waitFor(async () => (await run(own, `cat /proc/${signalled.pid}/comm`)).stdout === "sleep\n" || undefined);
  signalled.kill("SIGTERM");
  await signalled.exited;
  expect(signalled.signalCode).toBe("SIGTERM");

  expect(await lookWith(own, `netns exec ${host.name} no-such-program`)).toMatchObject({
    exitCode: 127,
    stderr: expect.stringContaining(
      `Cannot start "no-such-program" in namespace ${host.name}: ENOENT: no such program in PATH `,
    ),
  });
  expect(await lookWith(own, `netns exec ${host.name}-not true`)).toMatchObject({ exitCode: 125 });
  expect(await lookWith(own, "netns exec pid:4194304 true")).toMatchObject({
    exitCode: 125,
    stderr: "weft: Cannot open namespace of process 4194304: there is no such process\n",
  });
  expect(await lookWith(own, `netns exec ${host.name}`)).toMatchObject({
    stderr: "weft: Cannot run weft netns exec: PROGRAM is missing\n",
  });
});

test.if(privileged)("files of /etc/netns/NAME stand in the place of those in /etc, as for ip netns exec", async () => {
  await using host = await createHost({ label: "etc" });
  const directory = `/etc/netns/${host.name}`;
  await mkdir(directory, { recursive: true });
  await using _files = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
  const text = `nameserver 192.0.2.53 # ${host.name}\n`;
  await Bun.write(join(directory, "resolv.conf"), text);
  await Bun.write(join(directory, "no-such-file-of-etc"), "x");
  const cat = ["cat", "/etc/resolv.conf"];
  expect(await runOrThrow(own, ["ip", "netns", "exec", host.name, ...cat])).toBe(text);
  for (const place of [host.name, host.netnsPath]) {
    const { stdout, stderr } = await lookWith(own, ["netns", "exec", place, ...cat]);
    expect(stdout).toBe(text);
    expect(stderr).toContain("has a file for /etc/no-such-file-of-etc, and there is no such file to cover");
  }
  expect(await runOrThrow(own, cat)).not.toBe(text);
});

test.if(privileged)("with a directory of names of one's own, ip netns sees nothing, and nothing is left", async () => {
  await using place = await createTopologyPlace({ label: "names" });
  const { netnsDirectory: directory } = place;
  const added = await place.weft("netns", "add", "red", "--json");
  expect(JSON.parse(added.stdout)).toMatchObject([{ name: "red", path: join(directory, "red") }]);
  expect(await ipNames()).not.toContain("red");
  expect(await place.weft("link", "ls", "--in", "red", "--json")).toMatchObject({ exitCode: 0 });
  expect((await place.weft("netns", "ls", "-q")).stdout.split("\n")).toContain("red");
  const given = ["--netns-directory", directory];
  expect(await run(place.host, [...lookCommand(`netns exec ${given.join(" ")} red true`)])).toMatchObject({
    exitCode: 0,
  });
  expect(await place.weft("netns", "rm", "red")).toMatchObject({ exitCode: 0, stdout: "red\n" });
  const { stdout } = await run(own, ["grep", "-c", directory, "/proc/self/mountinfo"]);
  expect(stdout).toBe("0\n");
});

test.if(privileged)(
  "many commands at once leave as many names, each with its namespace, and no mount behind",
  async () => {
    await using place = await createTopologyPlace({ label: "at-once" });
    const count = 12;
    const named = (letter: string): readonly string[] =>
      Array.from({ length: count }, (_, index) => `${letter}${index}`);
    const all = async (verb: string, list: readonly string[]): Promise<void> => {
      const done = await Promise.all(list.map((each) => place.weft("netns", verb, each)));
      expect(done.map(({ stderr }) => stderr).join("")).toBe("");
    };
    const mounts = async (): Promise<number> =>
      Number((await run(own, ["grep", "-c", place.netnsDirectory, "/proc/self/mountinfo"])).stdout);
    await all("add", named("a"));
    expect(await mounts()).toBe(count + 1);
    // The last of the old ones goes while new ones come.
    await Promise.all([all("rm", named("a")), all("add", named("b"))]);
    expect(await mounts()).toBe(count + 1);
    for (const each of named("b")) await runOrThrow(place.at(each), "true");
    await all("rm", named("b"));
    expect(await mounts()).toBe(0);
  },
  40_000,
);

test.if(privileged)(
  "whoever is root in a user namespace of their own may do it there, up to the kernel's limit",
  async () => {
    await using place = await createTopologyPlace({ label: "limit" });
    const script = `echo 3 > /proc/sys/user/max_net_namespaces; exec "$@"`;
    const alone = ["unshare", "--map-root-user", "--mount", "--net", "sh", "-c", script, "-"];
    const weftHere = ["env", `WEFT_NETNS=${place.netnsDirectory}`, ...lookCommand("netns add a b c d")];
    expect(await run(own, [...alone, ...weftHere])).toMatchObject({
      exitCode: 1,
      stderr: "weft: Cannot add namespace c: there are as many as the sysctl user.max_net_namespaces allows\n",
    });
    // All of them, or none.
    expect((await run(own, ["ls", place.netnsDirectory])).stdout).toBe("");
  },
);

test.if(privileged)("a namespace that a topology or a sandbox is in stays, unless it is forced", async () => {
  await using place = await createTopologyPlace({ label: "kept" });
  await place.up("topology: kept\nnamespaces:\n  red:\n  blue:\n");
  expect(await place.weft("netns", "rm", "red")).toMatchObject({
    exitCode: 5,
    stderr: "weft: Cannot remove namespace red: it is of topology kept: want weft down --topology kept, or --force\n",
  });
  expect(await place.weft("netns", "rm", "red", "blue", "--force")).toMatchObject({ exitCode: 0 });

  await using host = await createHost({ label: "kept-host" });
  await using daemon = await startDaemon(host);
  await using guest = await createHost({ label: "kept-guest" });
  expect(await weft(daemon, "sandbox", "add", "guest", "--netns", guest.netnsPath)).toMatchObject({ exitCode: 0 });
  expect(await weft(daemon, "netns", "rm", guest.name)).toMatchObject({
    exitCode: 5,
    stderr: `weft: Cannot remove namespace ${guest.name}: sandbox guest is in it: want weft sandbox rm guest first, or --force\n`,
  });
  // By the sandbox's name, too, and in a program's own place.
  const command = ["netns", "exec", "sandbox:guest", "readlink", "/proc/self/ns/net"];
  expect((await weft(daemon, ...command)).stdout).toBe(`net:[${(await stat(guest.netnsPath)).ino}]\n`);
});

test.if(privileged)(
  "a hundred at once are made and removed, and killing weft leaves no name that cannot be removed",
  async () => {
    await using place = await createTopologyPlace({ label: "many" });
    const many = Array.from({ length: 100 }, (_, index) => `n${index}`);
    expect(await place.weft("netns", "add", ...many)).toMatchObject({ exitCode: 0 });
    expect(await place.weft("netns", "rm", ...many)).toMatchObject({ exitCode: 0 });
    for (let round = 0; round < 10; round++) {
      const child = Bun.spawn(
        inPlace(place.host, ["env", `WEFT_NETNS=${place.netnsDirectory}`, ...lookCommand("netns add"), ...many]),
        { stderr: "ignore" },
      );
      await Bun.sleep(80 + 12 * round); // somewhere in the middle of it
      child.kill("SIGKILL");
      await child.exited;
      const left = (await run(own, ["ls", place.netnsDirectory])).stdout.split("\n").filter((each) => each !== "");
      if (left.length > 0) expect(await place.weft("netns", "rm", ...left)).toMatchObject({ exitCode: 0 });
    }
    expect((await run(own, ["ls", place.netnsDirectory])).stdout).toBe("");
  },
);
