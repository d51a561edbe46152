import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandOptions, type CommandResult, inPlace, type Place, run, runOrThrow } from "./command.ts";
import { killAllIn } from "./processes.ts";
import { waitFor } from "./wait-for.ts";

/** A weft daemon whose host is a namespace, with a socket and directories of its own. */
export interface Daemon extends AsyncDisposable {
  readonly place: Place;
  readonly socket: string;
  readonly stateDirectory: string;
  readonly runDirectory: string;
  /** What its host has as /etc/resolv.conf, when that was given. */
  readonly resolvConfPath: string;
  /** Its configuration file, when it was given one. */
  readonly configPath: string;
  /** Changes with each start. */
  readonly pid: number;
  /** Asks it to end, and waits for that. */
  stop(): Promise<void>;
  /** Kills it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again, on the same directories, and waits until it answers. */
  start(): Promise<void>;
  /** All that it wrote to stderr since the first start. */
  log(): Promise<string>;
}

const projectRoot = join(import.meta.dir, "../..");

/** How to run weft: the program that WEFT_TEST_PROGRAM names, such as dist/weft, else from source. */
export function weftCommand(): string[] {
  const program = process.env["WEFT_TEST_PROGRAM"];
  return program === undefined ? [process.execPath, join(projectRoot, "bin/weft.ts")] : [program];
}

export interface DaemonOptions {
  /** What its host's /etc/resolv.conf says; default: the machine's. */
  readonly resolvConf?: string;
  /** Further arguments of `weft daemon`. */
  readonly args?: readonly string[];
  /** Its configuration file; it may be written anew between two starts. Default: none. */
  readonly config?: string;
  /** Where the dockerd listens that it may ask for names; default: nowhere, since a machine's own is not a test's. */
  readonly dockerSocket?: string;
}

/**
 * Starts a daemon with the place as its host, and waits until it answers. Disposing of it kills it and every sandbox's process,
 * and removes its directories; links and rules go with the place.
 */
export async function startDaemon(
  place: Place,
  { resolvConf, args = [], config, dockerSocket }: DaemonOptions = {},
): Promise<Daemon> {
  const directory = await mkdtemp(join(tmpdir(), `weft-test-${process.pid}-`));
  const socket = join(directory, "weft.sock");
  const stateDirectory = join(directory, "state");
  const runDirectory = join(directory, "run");
  const logPath = join(directory, "daemon.log");
  const resolvConfPath = join(directory, "resolv.conf");
  const configPath = join(directory, "weft.yaml");
  if (config !== undefined) await writeFile(configPath, config);
  if (resolvConf !== undefined) {
    await mountShared(directory);
    await writeFile(resolvConfPath, resolvConf);
  }
  const command = inPlace(place, [
    ...(resolvConf === undefined ? [] : withResolvConf(resolvConfPath)),
    ...weftCommand(),
    ...["daemon", "--socket", socket, "--state", stateDirectory, "--run", runDirectory],
    ...args,
    ...(config === undefined ? [] : ["--config", configPath]),
  ]);
  // A file, opened to append: what one daemon said is still there after it was killed and another started.
  let child: Bun.Subprocess | undefined;

  async function start(): Promise<void> {
    const started = Bun.spawn(["sh", "-c", 'exec "$@" 2>>"$0"', logPath, ...command], {
      stdin: "ignore",
      stdout: "ignore",
      env: { ...process.env, DOCKER_HOST: `unix://${dockerSocket ?? join(directory, "no-docker.sock")}` },
    });
    child = started;
    await waitFor(
      async () => {
        if (started.exitCode !== null || started.signalCode !== null) return "ended";
        return (await answers(socket)) ? "ready" : undefined;
      },
      { timeoutMs: 15_000, what: `an answer of the daemon; it said: ${await log()}` },
    ).then(async (outcome) => {
      if (outcome === "ended")
        throw new Error(`Cannot start the daemon: exit code ${started.exitCode}: ${await log()}`);
    });
  }
  async function end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    child?.kill(signal);
    await child?.exited;
    child = undefined;
  }
  const log = (): Promise<string> => readFile(logPath, "utf8").catch(() => "");

  const daemon: Daemon = {
    place,
    socket,
    stateDirectory,
    runDirectory,
    resolvConfPath,
    configPath,
    get pid() {
      if (child === undefined) throw new Error("Cannot get the daemon's pid: it does not run");
      return child.pid;
    },
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    start,
    log,
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
      await releaseNamespaces(runDirectory);
      if (resolvConf !== undefined) await runOrThrow(here, ["umount", "--lazy", directory]);
      await rm(directory, { recursive: true, force: true });
    },
  };
  try {
    await start();
  } catch (error) {
    await daemon[Symbol.asyncDispose]();
    throw error;
  }
  return daemon;
}

const here: Place = { netnsPath: "/proc/self/ns/net" };

/** A filesystem of its own: what the daemon mounts below, in a mount namespace of its own, is to be seen here too. */
async function mountShared(directory: string): Promise<void> {
  await runOrThrow(here, ["mount", "-t", "tmpfs", "-o", "mode=0755", "weft-test", directory]);
  await runOrThrow(here, ["mount", "--make-shared", directory]);
}

/** A command line's beginning: the rest runs where /etc/resolv.conf is the file, and only there. */
function withResolvConf(path: string): readonly string[] {
  const script = 'mount --make-private / && mount --bind "$0" /etc/resolv.conf && exec "$@"';
  return ["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", script, path];
}

async function answers(socket: string): Promise<boolean> {
  const response = await fetch("http://weft/v1/info", { unix: socket }).catch(() => undefined);
  return response?.ok === true;
}

/** Ends what lives in the namespaces mounted under the run directory, and unmounts all that is mounted there. */
async function releaseNamespaces(runDirectory: string): Promise<void> {
  const mounts = (await readFile("/proc/self/mounts", "utf8"))
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.startsWith(`${runDirectory}/`));
  for (const path of mounts.reverse()) {
    await killAllIn(path);
    await Bun.spawn(["umount", "--lazy", path], { stderr: "ignore" }).exited;
  }
}

/** Runs the command line program against the daemon, from the daemon's host. */
export function weft(daemon: Daemon, ...args: readonly string[]): Promise<CommandResult> {
  return weftWith(daemon, args, {});
}

/** The same with standard input, variables or a time of its own. */
export function weftWith(daemon: Daemon, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  // All three: a command that finds no daemon starts one, which must not be the machine's.
  const places = { WEFT_SOCKET: daemon.socket, WEFT_STATE: daemon.stateDirectory, WEFT_RUN: daemon.runDirectory };
  const environment = { ...places, ...options.environment };
  return run(daemon.place, [...weftCommand(), ...args], { ...options, environment });
}
