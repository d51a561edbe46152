import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveHttp } from "../../http/mod.ts";
import { FakeEngine } from "../../testing/mod.ts";
import type { CliHost, DaemonSettings } from "../host.ts";
import { runCommandLine } from "../mod.ts";

export interface Played {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line against an engine that only keeps books, over a real socket. */
export interface PlayCli extends AsyncDisposable {
  readonly engine: FakeEngine;
  /** Launch tickets that a command wanted to become. */
  readonly tickets: string[];
  readonly served: DaemonSettings[];
  /** Ctrl-C. */
  readonly interrupt: () => void;
  readonly run: (...words: readonly string[]) => Promise<Played>;
}

/** A moment after the fake engine's only time. */
const NOW = Date.parse("2026-01-02T03:07:05.000Z");

export async function playCli(overrides: Partial<CliHost> = {}): Promise<PlayCli> {
  const directory = mkdtempSync(join(tmpdir(), "weft-cli-"));
  const socket = join(directory, "weft.sock");
  const engine = new FakeEngine();
  const server = await serveHttp(engine, { path: socket, mode: 0o600, group: "weft" });
  const tickets: string[] = [];
  const served: DaemonSettings[] = [];
  const abort = new AbortController();
  return {
    engine,
    tickets,
    served,
    interrupt: () => abort.abort(),
    run: async (...words) => {
      const written = { stdout: "", stderr: "" };
      const sink = (name: "stdout" | "stderr"): CliHost["stdout"] => ({
        isTerminal: false,
        columns: undefined,
        write: (text) => {
          written[name] += text;
        },
      });
      const exitCode = await runCommandLine({
        version: "1.2.3",
        words,
        environment: { WEFT_SOCKET: socket, HOME: "/root" },
        directory: "/srv",
        now: () => NOW,
        userId: 0,
        stdout: sink("stdout"),
        stderr: sink("stderr"),
        interrupted: () => abort.signal,
        signal: () => false,
        serve: async (settings) => {
          served.push(settings);
          return { ended: Promise.resolve(), [Symbol.asyncDispose]: async () => undefined };
        },
        serveDockerPlugin: async () => ({ ended: Promise.resolve(), [Symbol.asyncDispose]: async () => undefined }),
        startDaemon: () => {
          throw new Error("Cannot start a daemon in this test");
        },
        becomeProgram: async (spec) => {
          tickets.push(spec);
          throw new Error(`Became ${spec}`);
        },
        ...overrides,
      });
      return { exitCode, ...written };
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true });
    },
  };
}
