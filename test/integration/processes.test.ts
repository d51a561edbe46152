import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, readdir, readlink, rm, rmdir, stat, writeFile } from "node:fs/promises";
import type { OperationRequest, SandboxView } from "../../src/contract/mod.ts";
import {
  addressOf,
  type EngineHost,
  isAlive,
  type Place,
  privileged,
  processesIn,
  run,
  spawnIn,
  startEngine,
  waitFor,
  watchEvents,
} from "../support/mod.ts";

type ProcessRequest = NonNullable<OperationRequest<"createSandbox">["process"]>;

let engine: EngineHost;
beforeAll(async () => {
  if (!privileged) return;
  engine = await startEngine({ label: "processes" });
  await engine.api.createNetwork({ name: "net" });
});
afterAll(async () => {
  if (privileged) await engine[Symbol.asyncDispose]();
});

let counter = 0;
const freshName = (): string => `box-${++counter}`;

/** A sandbox on the network, whose program is a shell with this script. */
function shell(script: string, rest: Partial<ProcessRequest> = {}): Promise<SandboxView> {
  return engine.sandbox(freshName(), { networks: ["net"], process: { command: ["sh", "-c", script], ...rest } });
}

async function logOf({ name }: SandboxView, tail?: number): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const { text } of engine.api.logs({ sandbox: name, ...(tail !== undefined && { tail }) }))
    lines.push(text);
  return lines;
}

async function statusOf({ name }: SandboxView): Promise<SandboxView["status"]> {
  return (await engine.api.getSandbox({ sandbox: name })).status;
}

function ended(sandbox: SandboxView): Promise<SandboxView["status"]> {
  return waitFor(async () => {
    const status = await statusOf(sandbox);
    return status.state === "exited" && status;
  });
}

async function outputOf(script: string, rest: Partial<ProcessRequest> = {}): Promise<readonly string[]> {
  const sandbox = await shell(script, rest);
  await ended(sandbox);
  return logOf(sandbox);
}

describe.if(privileged)("a program in a sandbox", () => {
  test("has the environment of the request, a PATH and a HOME, and nothing of the daemon's", async () => {
    const lines = await outputOf("env", { environment: { COLOUR: "blue, and\tgreen", EMPTY: "" } });
    const own = lines.filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line)); // the shell's
    expect(own.toSorted()).toEqual([
      "COLOUR=blue, and\tgreen",
      "EMPTY=",
      "HOME=/root",
      expect.stringMatching(/^HOSTNAME=[0-9a-f]{12}$/),
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ]);
  });

  test("sees the sandbox's network, names and files", async () => {
    const script =
      "ip -br -4 addr show eth0; cat /etc/hosts /etc/resolv.conf /etc/hostname; hostname; ls /sys/class/net";
    const sandbox = await engine.sandbox(freshName(), {
      networks: ["net"],
      hostname: "books",
      extraHosts: [{ name: "printer", address: "192.0.2.9" }],
      process: { command: ["sh", "-c", script] },
    });
    await ended(sandbox);
    const address = addressOf(sandbox, "ipv4");
    const log = (await logOf(sandbox)).join("\n");
    expect(log).toMatch(new RegExp(`^eth0@\\w+\\s+UP\\s+${address}/24`, "m"));
    expect(log).toContain(`\n${address}\tbooks\n`);
    expect(log).toContain("\n192.0.2.9\tprinter\n");
    expect(log).toContain("\nnameserver 127.0.0.11\n");
    expect(log).toEndWith("\nbooks\nbooks\neth0\nlo");
    expect(await Bun.file("/etc/hostname").text()).not.toContain("books");
  });

  test("has no input, no descriptor of ours, default signals and a session of its own", async () => {
    const lines = await outputOf(
      "readlink /proc/self/fd/0; ls /proc/self/fd; grep Sig[BI] /proc/self/status; ps -o pid=,sid=,pgid= -p $$",
    );
    const [input, ...rest] = lines;
    expect(input).toBe("/dev/null");
    // The last one is the directory that ls reads.
    expect(rest.slice(0, 4)).toEqual(["0", "1", "2", "3"]);
    expect(rest.slice(4, 6)).toEqual(["SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000"]);
    expect(new Set(rest[6]?.trim().split(/\s+/)).size).toBe(1);
  });

  test.each([
    { user: undefined, seen: "uid=0(root) gid=0(root) groups=0(root)", home: "/root" },
    { user: "nobody", seen: "uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)", home: "/nonexistent" },
    { user: "1234:4321", seen: "uid=1234 gid=4321 groups=4321", home: "/" },
    { user: "daemon:mail", seen: "uid=1(daemon) gid=8(mail) groups=8(mail)", home: "/usr/sbin" },
  ])("runs as $user", async ({ user, seen, home }) => {
    expect(await outputOf("id; echo $HOME", user === undefined ? {} : { user })).toEqual([seen, home]);
  });

  test("has the limit of open files that programs expect, and may raise it", async () => {
    const [soft, hard] = await outputOf("ulimit -Sn; ulimit -Hn");
    expect(soft).toBe("1024");
    const limits = await Bun.file(`/proc/${engine.daemon.pid}/limits`).text();
    expect(limits).toMatch(new RegExp(`^Max open files +\\d+ +${hard} `, "m"));
  });

  test("starts in the working directory", async () => {
    expect(await outputOf("pwd", { workingDirectory: "/usr/share" })).toEqual(["/usr/share"]);
  });

  test.each([
    { script: "exit 0", exitCode: 0 },
    { script: "exit 42", exitCode: 42 },
    { script: "kill -SEGV $$", exitCode: 139 },
  ])("tells how it ended: $script", async ({ script, exitCode }) => {
    await using events = await watchEvents(engine.daemon);
    const sandbox = await shell(script);
    const status = await ended(sandbox);
    expect(status).toMatchObject({ state: "exited", exitCode });
    expect(Date.parse(status.finishedAt ?? "")).toBeGreaterThanOrEqual(Date.parse(status.startedAt ?? ""));
    await waitFor(() =>
      events.seen.some(({ kind, sandbox: name }) => kind === "sandbox-exit" && name === sandbox.name),
    );
    const seen = events.seen.filter(({ kind, sandbox: name }) => /start|exit/.test(kind) && name === sandbox.name);
    expect(seen).toMatchObject([
      { kind: "sandbox-start" },
      { kind: "sandbox-exit", detail: `exited with code ${exitCode}`, exitCode },
    ]);
  });

  test("serves others on the network by its name", async () => {
    const server = await shell("echo hello from inside | nc -l -p 8000 -N");
    expect(
      await outputOf(
        `for i in 1 2 3 4 5 6 7 8 9; do nc -w 2 ${server.name} 8000 </dev/null && exit; sleep 0.1; done; exit 1`,
      ),
    ).toEqual(["hello from inside"]);
  });
});

describe.if(privileged)("a program that cannot be started", () => {
  test.each([
    {
      process: { command: ["no-such-program"] },
      message: 'Cannot start "no-such-program" in sandbox NAME: ENOENT: no such program in PATH',
    },
    {
      process: { command: ["/etc"] },
      message: 'Cannot start "/etc" in sandbox NAME: EACCES: not a program that this user may run',
    },
    { process: { command: ["sh"], user: "nemo" }, message: 'Cannot run as user "nemo": /etc/passwd has no such user' },
    {
      process: { command: ["sh"], workingDirectory: "/no/where" },
      message: "Cannot change to directory /no/where: ENOENT",
    },
    {
      process: { command: ["sh"], stopSignal: "SIGNAL" },
      message: "Cannot use stop signal SIGNAL: want a signal such as SIGTERM or SIGINT",
    },
  ])("leaves nothing but a sentence: $message", async ({ process, message }) => {
    const name = freshName();
    const refused = engine.sandbox(name, { networks: ["net"], process: { ...process, command: [...process.command] } });
    await expect(refused).rejects.toThrow(message.replace("NAME", name));
    await expect(refused).rejects.toMatchObject({ name: "Refusal", kind: "invalid" });
    await expect(engine.api.getSandbox({ sandbox: name })).rejects.toMatchObject({ kind: "not-found" });
    expect(
      (await readdir(engine.daemon.runDirectory, { recursive: true })).filter((path) => path.includes("launch-")),
    ).toEqual([]);
  });
});

describe.if(privileged)("stopping", () => {
  test("sends the stop signal, and the program may end in its own way", async () => {
    const sandbox = await shell("trap 'echo bye; exit 3' INT; echo ready; while :; do sleep 0.05; done", {
      stopSignal: "SIGINT",
    });
    await waitFor(async () => (await logOf(sandbox)).includes("ready"));
    const stopped = await engine.api.stopSandbox({ sandbox: sandbox.name });
    expect(stopped.status).toMatchObject({ state: "exited", exitCode: 3 });
    expect(await logOf(sandbox)).toEqual(["ready", "bye"]);
  });

  test("kills who does not listen, and all that it has started", async () => {
    const sandbox = await shell(
      "trap '' TERM; (setsid sleep 1000 &) ; sleep 1001 & echo ready; while :; do sleep 1002; done",
    );
    await waitFor(async () => (await logOf(sandbox)).includes("ready"));
    await waitFor(async () => (await processesIn(sandbox.netnsPath)).length === 4, { what: "all four processes" });
    const before = performance.now();
    const stopped = await engine.api.stopSandbox({ sandbox: sandbox.name, timeoutMs: 200 });
    expect(performance.now() - before).toBeGreaterThan(190);
    expect(stopped.status).toMatchObject({ state: "exited", exitCode: 137 });
    expect(await processesIn(sandbox.netnsPath)).toEqual([]);
  });

  test("of one that does not run does nothing, as does starting one that runs", async () => {
    const sandbox = await shell("sleep 1000");
    const again = await engine.api.startSandbox({ sandbox: sandbox.name });
    expect(again.status.pid).toBe(sandbox.status.pid ?? 0);
    await engine.api.stopSandbox({ sandbox: sandbox.name, timeoutMs: 0 });
    expect((await engine.api.stopSandbox({ sandbox: sandbox.name })).status.state).toBe("exited");
    const anew = await engine.api.startSandbox({ sandbox: sandbox.name });
    expect(anew.status.state).toBe("running");
    expect(anew.status.pid).not.toBe(sandbox.status.pid ?? 0);
  });

  test("a program that ends takes what it has started along", async () => {
    const sandbox = await shell("(setsid sleep 1000 &); sleep 0.1; exit 0");
    await ended(sandbox);
    expect(await processesIn(sandbox.netnsPath)).toEqual([]);
  });
});

describe.if(privileged)("removing", () => {
  test("wants a program stopped, or force", async () => {
    const sandbox = await shell("sleep 1000");
    await expect(engine.api.removeSandbox({ sandbox: sandbox.name })).rejects.toMatchObject({ kind: "in-use" });
    expect((await statusOf(sandbox)).state).toBe("running");
  });

  test("leaves nothing: no process, no zombie, no namespace, no file", async () => {
    const sandbox = await shell("(setsid sleep 1000 &); while :; do sh -c :; done");
    const { pid = 0 } = sandbox.status;
    await engine.api.removeSandbox({ sandbox: sandbox.name, force: true });
    expect(await Bun.file(`/proc/${pid}/stat`).exists()).toBe(false);
    expect(await Bun.file(sandbox.netnsPath).exists()).toBe(false);
    const { runDirectory, stateDirectory } = engine.daemon;
    const left = await Promise.all(
      [runDirectory, stateDirectory].map((folder) => readdir(folder, { recursive: true })),
    );
    expect(left.flat().filter((path) => path.includes(sandbox.id))).toEqual([]);
    const children = await Bun.$`ps --ppid ${engine.daemon.pid} -o stat=,args=`.nothrow().text();
    expect(children.split("\n").filter((line) => line.startsWith("Z"))).toEqual([]);
  });

  test("happens by itself when the program of an autoRemove sandbox ends", async () => {
    const spec = { networks: ["net"], autoRemove: true };
    const one = await engine.sandbox(freshName(), { ...spec, process: { command: ["sh", "-c", "sleep 0.1"] } });
    const two = await engine.sandbox(freshName(), { ...spec, process: { command: ["sleep", "1000"] } });
    await engine.api.stopSandbox({ sandbox: two.name, timeoutMs: 0 });
    for (const { name } of [one, two]) {
      await waitFor(async () => !(await engine.api.listSandboxes({})).some((sandbox) => sandbox.name === name));
    }
  });
});

describe.if(privileged)("restart policies", () => {
  test.each([
    { restart: "on-failure", script: "exit 0", starts: 1 },
    { restart: "no", script: "exit 1", starts: 1 },
  ] as const)("$restart leaves alone: $script", async ({ restart, script, starts }) => {
    const sandbox = await shell(`echo started; ${script}`, { restart });
    await ended(sandbox);
    expect(await logOf(sandbox)).toHaveLength(starts);
  });

  test.each([
    { restart: "on-failure", script: "exit 1" },
    { restart: "always", script: "exit 0" },
    { restart: "unless-stopped", script: "kill -KILL $$" },
  ] as const)("$restart starts again: $script", async ({ restart, script }) => {
    const sandbox = await shell(`echo started; ${script}`, { restart });
    await waitFor(async () => (await logOf(sandbox)).length >= 3);
    expect(["running", "restarting"]).toContain((await statusOf(sandbox)).state);
    await engine.api.stopSandbox({ sandbox: sandbox.name });
    expect((await statusOf(sandbox)).state).toBe("exited");
    const starts = (await logOf(sandbox)).length;
    await Bun.sleep(1000); // longer than the next delay would have been
    expect(await logOf(sandbox)).toHaveLength(starts);
  });

  test("wait longer and longer", async () => {
    const sandbox = await shell("date +%s.%N; exit 1", { restart: "always" });
    const times = await waitFor(async () => {
      const lines = await logOf(sandbox);
      return lines.length >= 4 && lines.map(Number);
    });
    await engine.api.stopSandbox({ sandbox: sandbox.name });
    const gaps = times.slice(1, 4).map((time, index) => time - (times[index] ?? 0));
    for (const [index, atLeast] of [0.1, 0.2, 0.4].entries()) {
      expect(gaps[index]).toBeGreaterThan(atLeast);
      expect(gaps[index]).toBeLessThan(atLeast + 2);
    }
  });

  test("go on when the daemon was killed", async () => {
    const sandbox = await shell("echo started; sleep 0.2; exit 1", { restart: "on-failure" });
    await engine.daemon.kill();
    await engine.daemon.start();
    const starts = (await logOf(sandbox)).length;
    await waitFor(async () => (await logOf(sandbox)).length >= starts + 2);
    await engine.api.removeSandbox({ sandbox: sandbox.name, force: true });
  });
});

describe.if(privileged)("logs", () => {
  test("hold output and errors in their order, and the last lines of them", async () => {
    const sandbox = await shell("echo one; echo two >&2; echo three; printf four");
    await ended(sandbox);
    expect(await logOf(sandbox)).toEqual(["one", "two", "three", "four"]);
    expect(await logOf(sandbox, 2)).toEqual(["three", "four"]);
    expect(await logOf(sandbox, 0)).toEqual([]);
    expect(await logOf(sandbox, 9)).toHaveLength(4);
  });

  test("can be followed to the program's end", async () => {
    const sandbox = await shell("for i in 1 2 3 4 5; do echo line $i; sleep 0.05; done");
    const lines: string[] = [];
    for await (const { text } of engine.api.logs({ sandbox: sandbox.name, follow: true })) lines.push(text);
    expect(lines).toEqual(["line 1", "line 2", "line 3", "line 4", "line 5"]);
    expect((await statusOf(sandbox)).state).toBe("exited");
  });

  test("are closed when who follows a quiet program has enough", async () => {
    const sandbox = await shell("echo quiet; exec sleep 1000");
    const holders = async (): Promise<number> => {
      const fds = await readdir(`/proc/${engine.daemon.pid}/fd`);
      const targets = await Promise.all(
        fds.map((fd) => readlink(`/proc/${engine.daemon.pid}/fd/${fd}`).catch(() => "")),
      );
      return targets.filter((target) => target.endsWith(`${sandbox.id}.log`)).length;
    };
    for (let count = 0; count < 5; count++) {
      for await (const { text } of engine.api.logs({ sandbox: sandbox.name, follow: true })) {
        expect(text).toBe("quiet");
        expect(await holders()).toBeGreaterThan(0);
        break;
      }
    }
    await waitFor(async () => (await holders()) === 0);
  });

  test("are followed over restarts, until somebody stops it", async () => {
    const sandbox = await shell("echo again; exit 1", { restart: "always" });
    let seen = 0;
    for await (const _ of engine.api.logs({ sandbox: sandbox.name, follow: true })) {
      seen += 1;
      if (seen === 3) void engine.api.stopSandbox({ sandbox: sandbox.name });
    }
    expect(seen).toBeGreaterThanOrEqual(3);
  });

  test("of a chatty program keep their end, in bounded space", async () => {
    const sandbox = await shell("seq -f %0999.0f 1 40000; echo waiting; sleep 1000");
    await waitFor(async () => (await logOf(sandbox, 1))[0] === "waiting", { timeoutMs: 20_000 });
    const path = `${engine.daemon.stateDirectory}/logs/${sandbox.id}.log`;
    const size = (await stat(path)).size;
    expect(size).toBe(40_000_008);
    await waitFor(async () => (await stat(path)).blocks * 512 < 17_000_000, { timeoutMs: 10_000 });
    const lines = await logOf(sandbox);
    expect(lines.length).toBeGreaterThan(8_000);
    expect(lines.at(-1)).toBe("waiting");
    // Whole lines from the first: it goes up to the last number without a gap.
    expect(Number(lines[0])).toBe(40_000 - lines.length + 2);
  });
});

describe.if(privileged)("health checks", () => {
  const fast = { intervalMs: 50, timeoutMs: 2000, retries: 2, startPeriodMs: 0 };

  test("turn from starting to healthy to unhealthy and back, in the program's own surroundings", async () => {
    await using events = await watchEvents(engine.daemon);
    const sandbox = await engine.sandbox(freshName(), {
      networks: ["net"],
      hostname: "patient",
      process: {
        command: ["sh", "-c", "mount -t tmpfs none /mnt && exec sleep 1000"],
        environment: { FILE: "/mnt/file" },
        healthcheck: { ...fast, command: ["sh", "-c", "echo looking for it; hostname; cat $FILE"] },
      },
    });
    expect(sandbox.status.health).toBe("starting");
    const becomes = async (health: string): Promise<void> => {
      await waitFor(async () => (await statusOf(sandbox)).health === health, { what: health });
    };
    await becomes("unhealthy");
    const file = `/proc/${sandbox.status.pid}/root/mnt/file`; // on a mount that only the program has
    await Bun.write(file, "");
    await becomes("healthy");
    await rm(file);
    await becomes("unhealthy");
    const changes = events.seen.filter(({ kind, sandbox: name }) => kind === "sandbox-health" && name === sandbox.name);
    expect(changes.map(({ detail }) => detail)).toEqual([
      "unhealthy: exit code 1: looking for it\npatient\ncat: /mnt/file: No such file or directory",
      "healthy: exit code 0: looking for it\npatient",
      "unhealthy: exit code 1: looking for it\npatient\ncat: /mnt/file: No such file or directory",
    ]);
  });

  test("kill a check that takes too long, and go on after the daemon was killed", async () => {
    const healthcheck = { ...fast, timeoutMs: 100, retries: 1, command: ["sleep", "1003"] };
    const sandbox = await shell("sleep 1000", { healthcheck });
    await waitFor(async () => (await statusOf(sandbox)).health === "unhealthy");
    await engine.daemon.kill();
    await engine.daemon.start();
    expect((await statusOf(sandbox)).health).toBe("unhealthy");
    await engine.api.stopSandbox({ sandbox: sandbox.name, timeoutMs: 0 });
    expect(await processesIn(sandbox.netnsPath)).toEqual([]);
    expect((await statusOf(sandbox)).health).toBeUndefined();
  });
});

describe.if(privileged)("a daemon that is stopped", () => {
  test("leaves programs running, ends whoever reads along, and the next one goes on", async () => {
    const sandbox = await shell("while :; do echo alive; sleep 0.05; done");
    let seen = 0;
    const reading = (async () => {
      for await (const _ of engine.api.logs({ sandbox: sandbox.name, follow: true })) seen += 1;
    })();
    await waitFor(() => seen > 2);
    await engine.daemon.stop();
    await reading.catch(() => undefined); // the daemon went away: it may say so
    await engine.daemon.start();
    expect(await statusOf(sandbox)).toEqual(sandbox.status);
    const lines = (await logOf(sandbox)).length;
    await waitFor(async () => (await logOf(sandbox)).length > lines);
    await engine.api.stopSandbox({ sandbox: sandbox.name });
  });
});

describe.if(privileged)("a daemon that is killed", () => {
  test("takes no program with it, and the next one goes on with it", async () => {
    const sandbox = await shell("trap 'echo got it; exit 5' TERM; while :; do echo alive; sleep 0.05; done");
    await engine.daemon.kill();
    const path = `${engine.daemon.stateDirectory}/logs/${sandbox.id}.log`;
    const size = (await stat(path)).size;
    await waitFor(async () => (await stat(path)).size > size, { what: "more output without a daemon" });
    await engine.daemon.start();
    expect(await statusOf(sandbox)).toEqual(sandbox.status);
    const stopped = await engine.api.stopSandbox({ sandbox: sandbox.name });
    expect(stopped.status).toMatchObject({ state: "exited", exitCode: 5 });
    expect((await logOf(sandbox)).at(-1)).toBe("got it");
  });

  test("is followed by one that sees how programs end which are not its children", async () => {
    const [coded, killed] = await Promise.all([shell("sleep 1; exit 9"), shell("sleep 1000")]);
    await engine.daemon.kill();
    await engine.daemon.start();
    process.kill(killed.status.pid ?? 0, "SIGKILL");
    expect(await ended(killed)).toMatchObject({ exitCode: 137 });
    expect(await ended(coded)).toMatchObject({ exitCode: 9 });
  });

  test("is followed by one that notices what has ended meanwhile, and what it has left behind", async () => {
    const quiet = await shell("sleep 1001 & sleep 1000");
    const always = await shell("echo started; sleep 1000", { restart: "always" });
    await waitFor(async () => (await logOf(always)).length === 1);
    await engine.daemon.kill();
    for (const { status } of [quiet, always]) process.kill(status.pid ?? 0, "SIGKILL");
    await waitFor(() => ![quiet, always].some(({ status }) => isAlive(status.pid ?? 0)), {
      what: "both waited for by init",
    });
    await engine.daemon.start();
    const status = await ended(quiet);
    expect(status.exitCode).toBeUndefined();
    expect(status.finishedAt).toBeDefined();
    await waitFor(async () => (await processesIn(quiet.netnsPath)).length === 0);
    await waitFor(async () => (await logOf(always)).length === 2);
    expect((await statusOf(always)).state).toBe("running");
  });

  test("is followed by one that clears away what is of no sandbox", async () => {
    const sandbox = await shell("echo kept");
    await ended(sandbox);
    const { runDirectory, stateDirectory } = engine.daemon;
    await engine.daemon.kill();
    const stray = "0".repeat(64);
    await mkdir(`${runDirectory}/sandboxes/${stray}`);
    for (const path of [`${runDirectory}/sandboxes/${stray}/hosts`, `${stateDirectory}/logs/${stray}.log`]) {
      await Bun.write(path, "of a sandbox that is gone");
    }
    await engine.daemon.start();
    const folders = await Promise.all([readdir(`${runDirectory}/sandboxes`), readdir(`${stateDirectory}/logs`)]);
    expect(folders.flat().filter((name) => name.startsWith(stray))).toEqual([]);
    expect(await logOf(sandbox)).toEqual(["kept"]);
  });

  test("in the middle of starts leaves sandboxes that run, or that are not there", async () => {
    const names = Array.from({ length: 12 }, freshName);
    const starts = names.map((name) =>
      engine.sandbox(name, { networks: ["net"], process: { command: ["sleep", "1000"] } }).catch(() => undefined),
    );
    await waitFor(async () => (await engine.api.listSandboxes({})).some(({ name }) => names.includes(name)));
    await engine.daemon.kill();
    await Promise.all(starts);
    await engine.daemon.start();
    const sandboxes = (await engine.api.listSandboxes({})).filter(({ name }) => names.includes(name));
    for (const sandbox of sandboxes) {
      const state = await waitFor(async () => {
        const { state } = await statusOf(sandbox);
        return /running|exited/.test(state) && state;
      });
      expect(await processesIn(sandbox.netnsPath)).toHaveLength(state === "running" ? 1 : 0);
    }
  });
});

describe.if(privileged)("a host that was started anew", () => {
  /** What a restart of the host leaves of it: the state, with processes of a kernel that is no more. */
  async function restartHost(sandboxes: readonly SandboxView[]): Promise<void> {
    const { stateDirectory, runDirectory } = engine.daemon;
    await engine.daemon.kill();
    for (const { status } of sandboxes) if (status.pid !== undefined) process.kill(status.pid, "SIGKILL");
    {
      using database = new Database(`${stateDirectory}/weft.db`);
      database.run(
        "UPDATE processes SET document = json_set(document, '$.identity.bootId', 'of-before') WHERE document LIKE '%bootId%'",
      );
    }
    await rm(`${runDirectory}/boot-id`);
    await engine.daemon.start();
  }

  test("starts the programs that always run, or that nobody had stopped", async () => {
    const policies = ["no", "on-failure", "unless-stopped", "always"] as const;
    const running = await Promise.all(policies.map((restart) => shell("exec sleep 1000", { restart })));
    const stopped = await Promise.all(policies.map((restart) => shell("exec sleep 1000", { restart })));
    for (const { name } of stopped) await engine.api.stopSandbox({ sandbox: name, timeoutMs: 0 });
    await restartHost(running);
    const states = (sandboxes: readonly SandboxView[]): Promise<readonly string[]> =>
      Promise.all(sandboxes.map(async (sandbox) => (await statusOf(sandbox)).state));
    await waitFor(async () => (await states([...running, ...stopped])).every((state) => /running|exited/.test(state)));
    expect(await states(running)).toEqual(["exited", "exited", "running", "running"]);
    expect(await states(stopped)).toEqual(["exited", "exited", "exited", "running"]);
    for (const sandbox of [...running, ...stopped]) {
      const { state } = await statusOf(sandbox);
      expect(await processesIn(sandbox.netnsPath)).toHaveLength(state === "running" ? 1 : 0);
    }
  });

  test("harms no process that has the number of one of before", async () => {
    await using stranger = spawnIn(engine.host, ["setsid", "sh", "-c", "echo $$; exec sleep 1005"]);
    const pid = Number(await waitFor(() => stranger.output().trim() !== "" && stranger.output()));
    const sandbox = await shell("exec sleep 1000");
    const { stateDirectory } = engine.daemon;
    await engine.daemon.kill();
    process.kill(sandbox.status.pid ?? 0, "SIGKILL");
    {
      using database = new Database(`${stateDirectory}/weft.db`);
      const change = "UPDATE processes SET document = json_set(document, '$.identity.pid', ?) WHERE sandbox = ?";
      database.run(change, [pid, sandbox.id]);
    }
    await engine.daemon.start();
    await ended(sandbox);
    await engine.api.removeSandbox({ sandbox: sandbox.name });
    expect(isAlive(pid)).toBe(true);
  });
});

describe.if(privileged)("commands beside a program", () => {
  async function exec(sandbox: SandboxView, request: Omit<OperationRequest<"prepareExec">, "sandbox">) {
    const { spec } = await engine.api.prepareExec({ sandbox: sandbox.name, ...request });
    return become(spec);
  }

  /** What the command line does with a ticket. */
  function become(spec: string) {
    const launch = `${import.meta.dir}/../../src/processes/launch.ts`;
    const code = `(await import(${JSON.stringify(launch)})).launch(JSON.parse(${JSON.stringify(spec)}))`;
    return run(engine.host, [process.execPath, "-e", code]);
  }

  test("have its environment, directory, user, files and hostname, unless they ask for others", async () => {
    const sandbox = await shell("mount -t tmpfs none /mnt; echo ready; sleep 1000", {
      environment: { A: "1", B: "2" },
      workingDirectory: "/usr",
    });
    await waitFor(async () => (await logOf(sandbox)).includes("ready"));
    const script =
      "echo $A $B $HOSTNAME; pwd; id -un; hostname; cat /etc/hostname; stat -fc %T /mnt; ls /sys/class/net; exit 6";
    const id = sandbox.id.slice(0, 12);
    expect(await exec(sandbox, { command: ["sh", "-c", script], environment: { B: "3" } })).toEqual({
      exitCode: 6,
      stdout: `1 3 ${id}\n/usr\nroot\n${id}\n${id}\ntmpfs\neth0\nlo\n`,
      stderr: "",
    });
    const other = await exec(sandbox, {
      command: ["sh", "-c", "pwd; id -un"],
      user: "nobody",
      workingDirectory: "/tmp",
    });
    expect(other.stdout).toBe("/tmp\nnobody\n");
  });

  test("end with it, in whatever session they are", async () => {
    const sandbox = await shell("exec sleep 1000");
    await exec(sandbox, { command: ["sh", "-c", "setsid sleep 1006 >/dev/null 2>&1 &"] });
    await waitFor(async () => (await processesIn(sandbox.netnsPath)).length === 2);
    const ticket = await engine.api.prepareExec({ sandbox: sandbox.name, command: ["true"] });
    await engine.api.stopSandbox({ sandbox: sandbox.name, timeoutMs: 0 });
    expect(await processesIn(sandbox.netnsPath)).toEqual([]);
    // A ticket that is used too late does not lead into whatever has the number now.
    expect((await become(ticket.spec)).stderr).toContain(`Cannot enter sandbox ${sandbox.name}: its program has ended`);
  });

  test("are refused when it does not run, and work in a sandbox that has none", async () => {
    const sandbox = await shell("exit 0");
    await ended(sandbox);
    await expect(engine.api.prepareExec({ sandbox: sandbox.name, command: ["true"] })).rejects.toThrow(
      `Cannot run a command in sandbox ${sandbox.name}: its program does not run, want it started`,
    );
    const empty = await engine.sandbox(freshName(), { networks: ["net"], hostname: "empty" });
    expect(await exec(empty, { command: ["sh", "-c", "hostname; ls /sys/class/net"] })).toMatchObject({
      stdout: "empty\neth0\nlo\n",
    });
  });
});

describe.if(privileged)("other namespaces", () => {
  /** Command lines; launchers of other tests' programs come and go there. */
  async function sleepers({ netnsPath }: Place): Promise<readonly string[]> {
    const pids = await processesIn(netnsPath);
    const lines = await Promise.all(
      pids.map((pid) =>
        Bun.file(`/proc/${pid}/cmdline`)
          .text()
          .catch(() => ""),
      ),
    );
    return lines.map((line) => line.replaceAll("\0", " ").trim()).filter((line) => line.startsWith("sleep"));
  }

  test("on the host's network a program has the host's links and name", async () => {
    const sandbox = await engine.sandbox(freshName(), {
      namespace: { kind: "host" },
      process: { command: ["sh", "-c", "(setsid sleep 1000 &); ip -o link; hostname; sleep 1001"] },
    });
    const hostname = (await Bun.file("/proc/sys/kernel/hostname").text()).trim();
    const lines = await waitFor(async () => {
      const log = await logOf(sandbox);
      return log.includes(hostname) && log;
    });
    expect(lines.join("\n")).toContain(" uplink0@");
    await waitFor(async () => (await sleepers(engine.host)).length === 2);
    await engine.api.stopSandbox({ sandbox: sandbox.name, timeoutMs: 0 });
    expect(await sleepers(engine.host)).toEqual([]);
    expect(isAlive(engine.daemon.pid)).toBe(true);
  });

  test("on the host's network, too, a program takes along what it has started, and nobody else", async () => {
    await using _stranger = spawnIn(engine.host, ["sleep", "1002"]);
    await waitFor(async () => (await sleepers(engine.host)).length === 1);
    const sandbox = await engine.sandbox(freshName(), {
      namespace: { kind: "host" },
      process: { command: ["sh", "-c", "setsid sh -c 'sleep 1000 & sleep 1001' & exit 0"] },
    });
    await ended(sandbox);
    expect(await sleepers(engine.host)).toEqual(["sleep 1002"]);
  });

  test("in somebody else's namespace a program ends alone", async () => {
    await using _stranger = spawnIn(engine.outside, ["sleep", "1002"]);
    const sandbox = await engine.sandbox(freshName(), {
      namespace: { kind: "path", path: engine.outside.netnsPath },
      process: { command: ["sh", "-c", "ls /sys/class/net; exec sleep 1000"] },
    });
    await waitFor(async () => (await sleepers(engine.outside)).length === 2);
    expect(await logOf(sandbox)).toEqual(["host0", "lo"]);
    await engine.api.removeSandbox({ sandbox: sandbox.name, force: true });
    expect(await sleepers(engine.outside)).toEqual(["sleep 1002"]);
  });

  test("a program that shares a sandbox's network has its addresses and names, and a life of its own", async () => {
    const owner = await engine.sandbox(freshName(), {
      networks: ["net"],
      hostname: "owner",
      process: { command: ["sleep", "1000"] },
    });
    const guest = await engine.sandbox(freshName(), {
      namespace: { kind: "shared", sandbox: owner.name },
      process: { command: ["sh", "-c", "hostname; cat /etc/hosts; ls /sys/class/net; exec sleep 1001"] },
    });
    const lines = await waitFor(async () => {
      const log = await logOf(guest);
      return log.includes("lo") && log;
    });
    expect(lines[0]).toBe("owner");
    expect(lines).toContain(`${addressOf(owner, "ipv4")}\towner`);
    await engine.api.stopSandbox({ sandbox: owner.name, timeoutMs: 0 });
    expect((await statusOf(guest)).state).toBe("running");
    expect(await processesIn(owner.netnsPath)).toEqual([guest.status.pid ?? 0]);
    await engine.api.stopSandbox({ sandbox: guest.name, timeoutMs: 0 });
    expect(await processesIn(owner.netnsPath)).toEqual([]);
  });
});

describe.if(privileged)("many at once", () => {
  test("a hundred sandboxes start, run and stop", async () => {
    const sandboxes = await Promise.all(Array.from({ length: 100 }, () => shell("sleep 1000")));
    expect(new Set(sandboxes.map(({ status }) => status.pid)).size).toBe(100);
    for (const { status, netnsPath } of sandboxes) expect(await processesIn(netnsPath)).toContain(status.pid ?? 0);
    await Promise.all(sandboxes.map(({ name }) => engine.api.removeSandbox({ sandbox: name, force: true })));
    for (const { status } of sandboxes) expect(isAlive(status.pid ?? 0)).toBe(false);
  });

  test("starts and stops of one sandbox, all at once, end in one of the two", async () => {
    const sandbox = await shell("exec sleep 1000");
    const { name } = sandbox;
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 2 === 0
          ? engine.api.stopSandbox({ sandbox: name, timeoutMs: 0 })
          : engine.api.startSandbox({ sandbox: name }),
      ),
    );
    const { state } = await statusOf(sandbox);
    expect(await processesIn(sandbox.netnsPath)).toHaveLength(state === "running" ? 1 : 0);
  });
});

const freezer = "/sys/fs/cgroup/freezer";

describe.if(privileged && existsSync(`${freezer}/tasks`))("a process that does not end, even after SIGKILL", () => {
  test("keeps its sandbox, and no change of others", async () => {
    const frozen = `${freezer}/weft-test-${process.pid}`;
    await mkdir(frozen);
    const sandbox = await engine.sandbox(freshName(), { networks: ["net"] });
    await using stranger = spawnIn(sandbox, ["sh", "-c", "echo $$; exec sleep 1000"]);
    const pid = await waitFor(() => Number(stranger.output()) || undefined, { what: "the stranger's pid" });
    try {
      await writeFile(`${frozen}/tasks`, String(pid));
      await writeFile(`${frozen}/freezer.state`, "FROZEN");
      await expect(engine.api.removeSandbox({ sandbox: sandbox.name })).rejects.toThrow(
        "Cannot end all processes of a sandbox: one does not end, even after SIGKILL",
      );
      expect(await statusOf(sandbox)).toMatchObject({ state: "running" });
      await engine.api.createNetwork({ name: "meanwhile" });
    } finally {
      await writeFile(`${frozen}/freezer.state`, "THAWED");
    }
    await engine.api.removeSandbox({ sandbox: sandbox.name });
    await waitFor(async () => !isAlive(pid), { what: "the end of the process" });
    await rmdir(frozen);
  });
});
