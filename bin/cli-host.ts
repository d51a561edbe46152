import { closeSync, fstatSync, openSync, writeSync } from "node:fs";
import { type CliHost, ClosedOutput, type DaemonPlace, type Sink, type StartedDaemon } from "../src/doors/cli/mod.ts";
import { WEFT_VERSION } from "./version.ts";

/** What this process is to the command line. The engine is loaded only by who serves it. */
export function createCliHost(): CliHost {
  return {
    version: WEFT_VERSION,
    ...(isCompiled() && { program: process.execPath }),
    words: process.argv.slice(2),
    environment: process.env,
    directory: process.cwd(),
    now: Date.now,
    userId: process.geteuid?.() ?? 0,
    stdout: createSink(1),
    stderr: createSink(2),
    interrupted,
    signal,
    serve: async (settings) => (await import("./serve-daemon.ts")).serveDaemon(settings),
    serveDockerPlugin: async (client, place) =>
      (await import("./serve-docker-plugin.ts")).serveDockerPluginProcess(client, place),
    startDaemon,
    becomeProgram: async (spec) => (await import("./become-program.ts")).becomeProgram(spec),
  };
}

/**
 * Writes through: a result must be out before the process ends, and process.stdout keeps what goes to a pipe for later.
 */
function createSink(fd: 1 | 2): Sink {
  const stream = (): NodeJS.WriteStream => (fd === 1 ? process.stdout : process.stderr);
  return {
    get isTerminal() {
      return isTerminal(fd);
    },
    get columns() {
      return isTerminal(fd) ? stream().columns : undefined;
    },
    write: (text) => {
      try {
        writeAll(fd, new TextEncoder().encode(text));
      } catch (error) {
        // Results are what a command is for; what it says beside them may find nobody.
        if (fd === 1 || !(error instanceof ClosedOutput)) throw error;
      }
    },
  };
}

/** @throws {ClosedOutput} */
function writeAll(fd: number, bytes: Uint8Array): void {
  let rest = bytes;
  while (rest.length > 0) {
    const written = writeSome(fd, rest);
    if (written === 0) Bun.sleepSync(1); // somebody made the pipe non-blocking, and its reader is slow
    rest = rest.subarray(written);
  }
}

/** node:tty takes two milliseconds to load, a fifth of a command's time: what is a pipe is asked no further. */
function isTerminal(fd: number): boolean {
  return fstatSync(fd).isCharacterDevice() && process.getBuiltinModule("node:tty").isatty(fd);
}

/** @throws {ClosedOutput} */
function writeSome(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EAGAIN") return 0;
    if (code === "EPIPE" || code === "EIO") throw new ClosedOutput();
    throw error;
  }
}

function signal(pid: number, name: "SIGTERM" | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false; // ESRCH, EPERM
  }
}

let abort: AbortController | undefined;

/** Listens only when somebody wants to know: until then a signal ends the process at once, as it should. */
function interrupted(): AbortSignal {
  if (abort === undefined) {
    const controller = new AbortController();
    abort = controller;
    for (const [name, number] of [
      ["SIGHUP", 1], // the terminal is gone
      ["SIGINT", 2],
      ["SIGTERM", 15],
    ] as const) {
      process.on(name, () => {
        if (controller.signal.aborted) process.exit(128 + number);
        controller.abort();
      });
    }
  }
  return abort.signal;
}

/**
 * In a session of its own, with nothing of ours: no terminal, no working directory that somebody may want to unmount, no
 * variables, which a root process must not take from whoever typed a command.
 */
function startDaemon({ socket, state, run, log }: DaemonPlace & { readonly log: string }): StartedDaemon {
  const program = isCompiled() ? [process.execPath] : [process.execPath, Bun.main];
  const options = ["--socket", socket, "--state", state, "--run", run, "--log", log];
  const output = openSync(log, "a"); // what does not go through the log, such as a crash of the runtime
  try {
    const child = Bun.spawn([...program, "daemon", ...options], {
      detached: true,
      cwd: "/",
      env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
      stdio: ["ignore", output, output],
    });
    child.unref();
    return { exitCode: () => child.exitCode ?? (child.signalCode === null ? undefined : 1) };
  } finally {
    closeSync(output);
  }
}

/** A compiled program holds its sources in a file system of its own. */
function isCompiled(): boolean {
  return Bun.main.startsWith("/$bunfs/");
}
