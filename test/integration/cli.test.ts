import { describe, expect, test } from "bun:test";
import { lstatSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { chmod, copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { weftCommand } from "../support/daemon.ts";
import {
  type CommandResult,
  createHost,
  type Host,
  inPlace,
  privileged,
  processesIn,
  run,
  startDaemon,
  waitFor,
  weft,
  weftWith,
  witness,
} from "../support/mod.ts";

/** A directory for a daemon that commands start by themselves, and what tells them of it. */
interface Lair extends AsyncDisposable {
  readonly host: Host;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly weft: (...words: readonly string[]) => Promise<CommandResult>;
  /** Process ids of daemons. */
  readonly daemons: () => Promise<readonly number[]>;
}

async function createLair(): Promise<Lair> {
  const host = await createHost({ label: "cli" });
  const directory = await mkdtemp(join(tmpdir(), "weft-lair-"));
  const environment = { WEFT_RUN: join(directory, "run"), WEFT_STATE: join(directory, "state"), WEFT_SOCKET: "" };
  return {
    host,
    directory,
    environment,
    weft: (...words) => run(host, [...weftCommand(), ...words], { environment }),
    daemons: async () =>
      (await processesIn(host.netnsPath)).filter((pid) =>
        readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("\0daemon\0"),
      ),
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose](); // with the daemon, which lives in it
      await rm(directory, { recursive: true, force: true });
    },
  };
}

describe("networks", () => {
  test.if(privileged)("create, ls, inspect, connect, disconnect and rm do what the kernel shows", async () => {
    await using host = await createHost({ label: "cli-net" });
    await using guest = await createHost({ label: "cli-guest" });
    await using daemon = await startDaemon(host);
    const created = await weft(
      daemon,
      ...words("network create --subnet 10.7.0.0/24 --subnet fd00:7::/64 -o com.docker.network.bridge.name=br7 net7"),
    );
    expect(created).toMatchObject({ exitCode: 0, stderr: "" });
    expect(created.stdout).toMatch(/^[0-9a-f]{64}\n$/);
    expect(await witness(host, "ip -j -4 addr show br7")).toMatchObject([
      { addr_info: [{ local: "10.7.0.1", prefixlen: 24 }] },
    ]);

    expect(await weft(daemon, "sandbox", "add", "guest", "--netns", guest.netnsPath)).toMatchObject({ exitCode: 0 });
    const connect = words(
      "network connect --ip 10.7.0.77 --ip6 fd00:7::77 --mac-address 02:42:0a:07:00:4d --alias moon net7 guest",
    );
    expect(await weft(daemon, ...connect)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    expect(await witness(guest, "ip -j link show eth0")).toMatchObject([{ address: "02:42:0a:07:00:4d" }]);
    expect(await witness(guest, "ip -j -4 addr show eth0")).toMatchObject([
      { addr_info: [{ local: "10.7.0.77", prefixlen: 24 }] },
    ]);
    expect(await witness(guest, "ip -j -6 route show default")).toMatchObject([{ gateway: "fd00:7::1" }]);
    expect(await run(guest, "ping -c 1 -W 2 10.7.0.1")).toMatchObject({ exitCode: 0 });

    const inspected = await weft(
      daemon,
      "network",
      "inspect",
      "net7",
      "-f",
      "{{range .Containers}}{{.Name}} {{.IPv4Address}} {{.IPv6Address}}{{end}}",
    );
    expect(inspected.stdout).toBe("guest 10.7.0.77/24 fd00:7::77/64\n");
    expect((await weft(daemon, "ps", "--format", "{{.Names}} {{.Networks}}")).stdout).toBe("guest net7\n");

    expect(await weft(daemon, "network", "rm", "net7")).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining("guest"),
    });
    expect(await weft(daemon, "network", "disconnect", "net7", "guest")).toMatchObject({ exitCode: 0 });
    expect(await witness(guest, "ip -j link show")).toMatchObject([{ ifname: "lo" }]);
    expect(await weft(daemon, "network", "rm", "net7")).toEqual({ exitCode: 0, stdout: "net7\n", stderr: "" });
    expect(await run(host, "ip link show br7")).toMatchObject({ exitCode: 1 });
    expect(await weft(daemon, "sandbox", "rm", "guest")).toMatchObject({ exitCode: 0, stdout: "guest\n" });
  });

  test.if(privileged)("what is refused leaves nothing behind", async () => {
    await using host = await createHost({ label: "cli-bad" });
    await using daemon = await startDaemon(host);
    await weft(daemon, ...words("network create --subnet 10.7.0.0/24 net7"));
    // Names, and no states: those of a new bridge take a while to settle.
    const links = async () =>
      ((await witness(host, "ip -j link show")) as { ifname: string }[]).map((link) => link.ifname);
    const before = await links();
    for (const [line, exitCode, part] of [
      ["network create net7", 5, "net7"],
      ["network create --subnet 10.7.0.128/25 other", 5, "10.7.0.128/25"],
      ["network create -o com.docker.network.bridge.name=a-name-over-15-bytes other", 2, "a-name-over-15-bytes"],
      ["network create -o com.docker.network.driver.mtu=high other", 2, "mtu=high"],
      ["network create host", 1, "host"],
      ["network connect net7 nobody", 4, "nobody"],
      ["network inspect nothing", 4, "nothing"],
      ["sandbox add x --netns /etc/passwd", 2, "/etc/passwd"],
      ["sandbox add x --pid 4194304", 2, "4194304"],
    ] as const) {
      const { stderr, ...result } = await weft(daemon, ...words(line));
      expect({ line, exitCode: result.exitCode, stderr }).toEqual({
        line,
        exitCode,
        stderr: expect.stringContaining(part),
      });
      expect(stderr).toMatch(/^weft: [^\n]*\n$/);
    }
    expect(await links()).toEqual(before);
  });

  /** Of Docker 28; the test machine need not have it. */
  const dockersCreateFlags = words(
    "attachable aux-address config-from config-only driver gateway ingress internal ip-range ipam-driver ipam-opt ipv4 ipv6 label opt scope subnet",
  );
  const dockersConnectFlags = words("alias driver-opt gw-priority ip ip6 link link-local-ip");
  test.each([
    ["create", dockersCreateFlags, ["x"]],
    ["connect", dockersConnectFlags, ["x", "y"]],
  ])("network %s has each flag of Docker's, or says why not", async (command, flags, operands) => {
    const place = { netnsPath: "/proc/self/ns/net" };
    const weftHere = (...line: readonly string[]): Promise<CommandResult> =>
      run(place, [...weftCommand(), "--no-start", "--socket", "/nonexistent", "network", command, ...line]);
    const { stdout: help } = await weftHere("--help");
    const missing = flags.filter((flag) => !new RegExp(`--${flag}\\b`).test(help));
    for (const flag of missing) {
      const outcomes = [await weftHere(`--${flag}`, ...operands), await weftHere(`--${flag}=x`, ...operands)];
      expect(outcomes.map(({ stderr }) => stderr).join("")).toMatch(
        new RegExp(`^weft: Cannot use --${flag}( "x")?: .*want`, "m"),
      );
    }
    expect(missing.length).toBeLessThan(flags.length / 2);
  });
});

describe("the daemon", () => {
  test.if(privileged)("is started by a command that finds none, apart from whoever typed it", async () => {
    await using lair = await createLair();
    const first = await lair.weft("network", "ls");
    expect(first).toMatchObject({ exitCode: 0, stderr: "Starting the daemon\n" });
    expect(first.stdout).toContain("NETWORK ID");
    expect(await lair.weft("network", "ls")).toMatchObject({ exitCode: 0, stderr: "" });

    const [pid = 0, ...others] = await lair.daemons();
    expect(others).toEqual([]);
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    expect(stat[3]).toBe(`${pid}`); // field 6 of proc_pid_stat(5): a session of its own
    expect(await Bun.$`readlink /proc/${pid}/cwd`.text()).toBe("/\n");
    const names = readFileSync(`/proc/${pid}/environ`, "utf8")
      .split("\0")
      .map((variable) => variable.split("=")[0]);
    expect(names.filter((name) => name !== "" && name !== "PATH")).toEqual([]);
    const socket = lstatSync(join(lair.directory, "run/weft.sock"));
    expect({ mode: socket.mode & 0o777, uid: socket.uid }).toEqual({ mode: 0o660, uid: 0 });
    const log = readFileSync(join(lair.directory, "state/daemon.log"), "utf8");
    const hasGroup = (await Bun.$`getent group weft`.nothrow().quiet()).exitCode === 0;
    expect(log.includes("this machine has no group weft: only root may open")).toBe(!hasGroup);
  });

  test.if(privileged)("is one, when several commands want one at once", async () => {
    await using lair = await createLair();
    const results = await Promise.all(["a", "b", "c"].map((name) => lair.weft("network", "create", name)));
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    await waitFor(async () => (await lair.daemons()).length === 1, { what: "one daemon" });
    const listed = await lair.weft("network", "ls", "--format", "{{.Name}}", "--filter", "type=custom");
    expect(listed.stdout).toBe("a\nb\nc\n");
  });

  test.if(privileged)("is started for what is a stream as well", async () => {
    await using lair = await createLair();
    const { exitCode, stderr } = await lair.weft("logs", "--follow", "nobody");
    expect({ exitCode, stderr }).toEqual({
      exitCode: 4,
      stderr: expect.stringMatching(/^Starting the daemon\nweft: [^\n]*nobody[^\n]*\n$/),
    });
  });

  test.if(privileged)("that cannot start says why, and that is all that is said", async () => {
    await using lair = await createLair();
    const state = join(lair.directory, "state");
    writeFileSync(state, "");
    expect(await lair.weft("network", "ls")).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining(`its state directory ${state} cannot be written`),
    });
    await rm(state);
    mkdirSync(state);
    writeFileSync(join(state, "weft.db"), "no database");
    const broken = await lair.weft("network", "ls");
    expect(broken).toMatchObject({ exitCode: 3, stdout: "" });
    expect(broken.stderr).toMatch(/^Starting the daemon\nweft: Cannot [^\n]*weft\.db[^\n]*\n$/);
    expect(await lair.daemons()).toEqual([]);
  });

  test.if(privileged)("ends by weft daemon stop, networks stay, and the next command starts the next", async () => {
    await using lair = await createLair();
    await lair.weft(...words("network create -o com.docker.network.bridge.name=br9 net9"));
    expect(await lair.weft("daemon", "stop")).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    expect(await lair.daemons()).toEqual([]);
    expect(await witness(lair.host, "ip -j link show br9")).toMatchObject([{ ifname: "br9" }]);
    expect(await lair.weft("daemon", "stop")).toMatchObject({ exitCode: 3, stdout: "" });
    const next = await lair.weft("network", "inspect", "-f", "{{.Name}}", "net9");
    expect(next).toEqual({ exitCode: 0, stdout: "net9\n", stderr: "Starting the daemon\n" });
  });

  test.if(privileged)("keeps a second one from its state, whatever socket that has", async () => {
    await using host = await createHost({ label: "cli-lock" });
    await using daemon = await startDaemon(host);
    const second = await weft(daemon, "daemon", "--socket", `${daemon.socket}.2`, "--run", daemon.runDirectory);
    expect(second.exitCode).toBe(5);
    expect(second.stderr).toContain(`(pid ${daemon.pid})`);
    expect(second.stderr).toContain(daemon.stateDirectory);
    expect(second.stderr.trimEnd()).not.toContain("\n");
  });

  test.if(privileged)("gives its socket to the group that it is told, and to nobody else", async () => {
    await using lair = await createLair();
    const socket = join(lair.directory, "weft.sock");
    const child = Bun.spawn(inPlace(lair.host, [...weftCommand(), "--socket", socket, "daemon", "--group", "daemon"]), {
      env: { ...process.env, ...lair.environment },
      stdout: "ignore",
      stderr: "pipe",
    });
    await waitFor(() => lstatSync(socket, { throwIfNoEntry: false })?.isSocket() === true, { timeoutMs: 15_000 });
    const gid = Number((await Bun.$`getent group daemon`.text()).split(":")[2]);
    expect(lstatSync(socket)).toMatchObject({ uid: 0, gid });
    // Where anybody may run it: the project may lie where only root looks. From source, it has to be elsewhere.
    const [program = "", ...script] = weftCommand();
    const copy = join(lair.directory, "weft");
    if (script.length === 0) await copyFile(program, copy);
    const ls = [...(script.length === 0 ? [copy] : [program, ...script]), "--socket", socket, "network", "ls"];
    const as = (groups: string): Promise<CommandResult> =>
      run(lair.host, ["setpriv", "--reuid=65534", "--regid=65534", groups, "--", ...ls]);
    await chmod(lair.directory, 0o755);
    expect(await as(`--groups=${gid}`)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await as("--clear-groups")).toMatchObject({
      exitCode: 3,
      stderr: `weft: Cannot list networks: no permission to open ${socket}, want root or a member of its group "daemon"\n`,
    });
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(lstatSync(socket, { throwIfNoEntry: false })).toBeUndefined();
  });

  test.if(privileged)("that goes away in the middle is told in one sentence", async () => {
    await using host = await createHost({ label: "cli-gone" });
    await using daemon = await startDaemon(host);
    // It has its answer once what it watches happens; until then networks come and go.
    const child = Bun.spawn(inPlace(host, [...weftCommand(), "events"]), {
      env: { ...process.env, WEFT_SOCKET: daemon.socket },
      stderr: "pipe",
      stdout: "pipe",
    });
    const reader = child.stdout.getReader();
    let seen = false;
    void reader.read().then(() => {
      seen = true;
    });
    await waitFor(async () => {
      await weft(daemon, "network", "create", "a");
      await weft(daemon, "network", "rm", "a");
      return seen;
    });
    await daemon.kill();
    const gone = {
      exitCode: 3,
      stderr: `weft: Cannot go on to watch events: the daemon at ${daemon.socket} went away\n`,
    };
    expect({ exitCode: await child.exited, stderr: await child.stderr.text() }).toEqual(gone);
    expect(await weft(daemon, "--no-start", "network", "ls")).toMatchObject({
      exitCode: 3,
      stderr: `weft: Cannot list networks: the daemon that owned ${daemon.socket} is gone, want one: start it with weft daemon\n`,
    });
  });
});

describe("programs", () => {
  test.if(privileged)("run shows what a program writes, ends as it ends, and leaves nothing with --rm", async () => {
    await using host = await createHost({ label: "cli-run" });
    await using daemon = await startDaemon(host);
    const script = 'echo out; echo err >&2; ip -j -4 addr show eth0; pwd; echo "$A$HOME_OF"; exit 7';
    const environment = { HOME_OF: "mine" };
    const line = words("run --rm -e A=1 -e HOME_OF -w /tmp --network name=bridge,alias=x -- sh -c");
    const ran = await weftWith(daemon, [...line, script], { environment });
    const [out, err, address = "", directory, variables] = ran.stdout.split("\n");
    expect({ exitCode: ran.exitCode, stderr: ran.stderr, out, err }).toEqual({
      exitCode: 7,
      stderr: "",
      out: "out",
      err: "err",
    });
    expect(JSON.parse(address)).toMatchObject([{ ifname: "eth0", addr_info: [{ family: "inet" }] }]);
    expect({ directory, variables }).toEqual({ directory: "/tmp", variables: "1mine" });
    expect(await weft(daemon, "ps", "-aq")).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });

  test.if(privileged)("run and exec end as a shell would, when there is no program", async () => {
    await using host = await createHost({ label: "cli-exit" });
    await using daemon = await startDaemon(host);
    await weft(daemon, ...words("run -d --name web -- sleep 1000"));
    for (const [line, exitCode, sentence] of [
      ["run -- nosuchprogram", 127, /^weft: Cannot start "nosuchprogram" in sandbox [^\n]*no such program[^\n]*\n$/],
      ["run -- /etc", 126, /^weft: Cannot start "\/etc" in sandbox [^\n]*\n$/],
      ["run --network nosuch -- true", 125, /^weft: [^\n]*nosuch[^\n]*\n$/],
      ["exec web nosuchprogram", 127, /^weft: Cannot start "nosuchprogram" in sandbox web: [^\n]*\n$/],
      ["exec web /etc", 126, /^weft: Cannot start "\/etc" in sandbox web: [^\n]*\n$/],
      ["exec nobody true", 125, /^weft: [^\n]*nobody[^\n]*\n$/],
      ["exec -w /tmp web false", 1, /^$/],
    ] as const) {
      const { stdout, stderr, ...ended } = await weft(daemon, ...words(line));
      expect({ line, stdout, exitCode: ended.exitCode }).toEqual({ line, stdout: "", exitCode });
      expect(stderr).toMatch(sentence);
    }
    expect((await weft(daemon, "ps", "-a", "--format", "{{.Names}}")).stdout).toBe("web\n");
  });

  test.if(privileged)("exec is on the caller's terminal, pipes and variables", async () => {
    await using host = await createHost({ label: "cli-exec" });
    await using daemon = await startDaemon(host);
    await weft(daemon, ...words("run -d --name web --hostname web.local -- sleep 1000"));
    const line = words("exec -e B=2 -u nobody -w /usr web -- sh -c");
    const script = 'cat; hostname; id -un; pwd; echo "$B"';
    const piped = await weftWith(daemon, [...line, script], { stdin: "from outside\n" });
    expect(piped).toEqual({ exitCode: 0, stdout: "from outside\nweb.local\nnobody\n/usr\n2\n", stderr: "" });
    const tty = [...weftCommand(), "--socket", daemon.socket, "exec", "web", "tty"].join(" ");
    const onTerminal = await run(host, ["script", "--quiet", "--return", "--command", tty, "/dev/null"]);
    expect(onTerminal).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\/dev\/pts\/\d+\r\n$/) });
    // The very process: a signal for it reaches the program.
    const child = Bun.spawn(inPlace(host, [...weftCommand(), "exec", "web", "sleep", "1000"]), {
      env: { ...process.env, WEFT_SOCKET: daemon.socket },
    });
    await waitFor(() => readFileSync(`/proc/${child.pid}/cmdline`, "utf8") === "sleep\u00001000\u0000", {
      what: "sleep",
    });
    child.kill("SIGTERM");
    await child.exited;
    expect(child.signalCode).toBe("SIGTERM");
  });

  test.if(privileged)("Ctrl-C stops a program in the foreground, which has its time to end", async () => {
    await using host = await createHost({ label: "cli-stop" });
    await using daemon = await startDaemon(host);
    const script = "trap 'echo bye; exit 9' TERM; echo ready; while :; do sleep 0.05; done";
    const child = Bun.spawn(
      inPlace(host, [...weftCommand(), "run", "--rm", "--name", "loop", "--", "sh", "-c", script]),
      {
        env: { ...process.env, WEFT_SOCKET: daemon.socket },
        stdout: "pipe",
      },
    );
    const reader = child.stdout.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("ready\n");
    child.kill("SIGINT");
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("bye\n");
    expect(await child.exited).toBe(9);
    expect((await weft(daemon, "ps", "-aq")).stdout).toBe("");
  });

  test.if(privileged)("a daemon that dies leaves the program of run --rm as it is", async () => {
    await using host = await createHost({ label: "cli-lost" });
    await using daemon = await startDaemon(host);
    const line = words("run --rm --name loop -- sh -c");
    const child = Bun.spawn(inPlace(host, [...weftCommand(), ...line, "echo ready; exec sleep 1000"]), {
      env: {
        ...process.env,
        WEFT_SOCKET: daemon.socket,
        WEFT_STATE: daemon.stateDirectory,
        WEFT_RUN: daemon.runDirectory,
      },
      stdout: "pipe",
      stderr: "pipe",
    });
    expect(new TextDecoder().decode((await child.stdout.getReader().read()).value)).toBe("ready\n");
    await daemon.kill();
    expect(await child.stderr.text()).toMatch(
      /^weft: Cannot go on to read logs of sandbox: the daemon at [^\n]* went away\n$/,
    );
    expect(await child.exited).toBe(125);
    await daemon.start();
    expect((await weft(daemon, "ps", "--format", "{{.Names}} {{.State}}")).stdout).toBe("loop running\n");
  });

  test.if(privileged)("logs, stop, start and rm", async () => {
    await using host = await createHost({ label: "cli-logs" });
    await using daemon = await startDaemon(host);
    await weft(daemon, "run", "-d", "--name", "web", "--", "sh", "-c", "seq 3; exec sleep 1000");
    const follow = weft(daemon, "logs", "-f", "web");
    await waitFor(async () => (await weft(daemon, "logs", "web")).stdout === "1\n2\n3\n");
    expect((await weft(daemon, "logs", "-n", "1", "web")).stdout).toBe("3\n");
    expect(await weft(daemon, "rm", "web")).toMatchObject({ exitCode: 5, stdout: "" });
    expect(await weft(daemon, "stop", "web")).toEqual({ exitCode: 0, stdout: "web\n", stderr: "" });
    expect(await follow).toEqual({ exitCode: 0, stdout: "1\n2\n3\n", stderr: "" });
    expect((await weft(daemon, "ps", "-a", "--format", "{{.Status}}")).stdout).toMatch(/^Exited \(143\) /);
    expect(await weft(daemon, "start", "web")).toMatchObject({ exitCode: 0, stdout: "web\n" });
    expect((await weft(daemon, "ps", "-q")).stdout).toMatch(/^[0-9a-f]{12}\n$/);
    expect(await weft(daemon, "rm", "-f", "web")).toMatchObject({ exitCode: 0, stdout: "web\n" });
  });
});

describe("output", () => {
  test("nobody reads it any more: the program ends without a word", async () => {
    const directory = await mkdtemp(join(tmpdir(), "weft-pipe-"));
    const script = 'mkfifo "$0/go"; { read -r _ < "$0/go"; "$@"; echo $? >&2; } | { exec 0<&-; echo > "$0/go"; }';
    const { stderr } = await run({ netnsPath: "/proc/self/ns/net" }, [
      "bash",
      "-c",
      script,
      directory,
      ...weftCommand(),
      "completion",
      "zsh",
    ]);
    expect(stderr).toBe("141\n");
    await rm(directory, { recursive: true });
  });

  test.if(privileged)("has colours on a terminal only, and none with NO_COLOR", async () => {
    await using host = await createHost({ label: "cli-tty" });
    await using guest = await createHost({ label: "cli-tty-guest" });
    await using daemon = await startDaemon(host);
    await weft(daemon, "sandbox", "add", "guest", "--netns", guest.netnsPath);
    const onTerminal = async (environment: Record<string, string>): Promise<string> => {
      const line = [...weftCommand(), "--socket", daemon.socket, "ps"].join(" ");
      return (await run(host, ["script", "--quiet", "--command", line, "/dev/null"], { environment })).stdout;
    };
    expect(await onTerminal({ TERM: "xterm", NO_COLOR: "" })).toContain("\x1b[32mUp ");
    expect(await onTerminal({ TERM: "xterm", NO_COLOR: "1" })).not.toContain("\x1b");
    expect((await weftWith(daemon, ["ps"], { environment: { TERM: "xterm" } })).stdout).not.toContain("\x1b");
  });
});

describe("completion", () => {
  test.if(privileged)("bash, zsh and fish complete commands, options and the daemon's names", async () => {
    await using host = await createHost({ label: "cli-tab" });
    await using daemon = await startDaemon(host);
    await weft(daemon, "network", "create", "sunflower");
    const directory = await mkdtemp(join(tmpdir(), "weft-tab-"));
    writeFileSync(join(directory, "weft"), `#!/bin/sh\nexec ${weftCommand().join(" ")} "$@"\n`, { mode: 0o755 });
    const environment = {
      WEFT_SOCKET: daemon.socket,
      PATH: `${directory}:${process.env["PATH"]}`,
      HOME: directory,
      TERM: "dumb",
    };
    const shell = async (...command: readonly string[]): Promise<string> => {
      const { stdout, stderr } = await run(host, command, { environment });
      return stdout + stderr;
    };

    const bash = `source <(weft completion bash); try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _weft; echo "\${COMPREPLY[*]}"; }
      try weft netw; try weft network rm sun; try weft network create --sub; try weft run --network = sun`;
    expect(await shell("bash", "-c", bash)).toBe("network\nsunflower\n--subnet\nsunflower\n");

    const fish =
      'weft completion fish | source; complete -C "weft netw"; complete -C "weft network rm sun"; complete -C "weft run --network=sun"';
    const lines = (await shell("fish", "-c", fish)).trimEnd().split("\n");
    expect(lines.map((line) => line.split("\t")[0])).toEqual(["network", "sunflower", "--network=sunflower"]);

    // A real line editor, since zsh's completion runs nowhere else; it says when it takes keys.
    const zsh = String.raw`zmodload zsh/zpty
      zpty z "zsh -f -i"
      zpty -w z "PS1=; autoload -U compinit; compinit -u -D; source <(weft completion zsh); zle-line-init() { print rea''dy }; zle -N zle-line-init"
      while zpty -r z line; do [[ $line == *ready* ]] && break; done
      zpty -w -n z $'weft network rm sun\t\x15echo do\'\'ne\n'
      while zpty -r z line; do print -r -- $line; [[ $line == *done* ]] && break; done
      zpty -d z`;
    expect(await shell("zsh", "-f", "-c", zsh)).toContain("weft network rm sunflower ");
    await rm(directory, { recursive: true });
  });
});

function words(line: string): string[] {
  return line.split(" ");
}
