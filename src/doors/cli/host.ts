import type { ClientContract } from "../../contract/mod.ts";
import type { EngineSettings } from "../../model/mod.ts";
import type { DaemonPlace, Environment } from "./daemon-place.ts";

/** One of the process's two outputs. */
export interface Sink {
  readonly isTerminal: boolean;
  /** Of a terminal, in characters. */
  readonly columns: number | undefined;
  /** Writes all of it before it returns. @throws {ClosedOutput} when it is standard output and nobody reads any more. */
  readonly write: (text: string) => void;
}

/** Whoever read our output has gone away; there is nobody to tell. */
export class ClosedOutput extends Error {
  override readonly name = "ClosedOutput";
}

/** What a daemon is to be started with. */
export interface DaemonSettings extends DaemonPlace {
  /** Who may talk to it beside root. */
  readonly group: string;
  readonly engine: EngineSettings;
  /** Where its log goes; absent: standard error. */
  readonly log?: string;
  /** Absent: dockerd is not served. */
  readonly dockerPlugin?: DockerPluginPlace;
}

/** Where Docker and its driver find each other. */
export interface DockerPluginPlace {
  /** The socket to serve dockerd on. */
  readonly socket: string;
  /** Where dockerd itself listens. */
  readonly docker: string;
}

/** A running daemon of this process. */
export interface RunningDaemon extends AsyncDisposable {
  /** Settles when the daemon has been asked to end, by a signal. */
  readonly ended: Promise<void>;
}

/** A daemon that was started as a process of its own. */
export interface StartedDaemon {
  /** The exit code when it has ended, else undefined. */
  readonly exitCode: () => number | undefined;
}

/** What the process gives to the command line, and what only the program as a whole can do. */
export interface CliHost {
  readonly version: string;
  /** The program's own file; absent when it runs from source. */
  readonly program?: string;
  /** Words after the program's name. */
  readonly words: readonly string[];
  readonly environment: Environment;
  /** Where it was started. */
  readonly directory: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly userId: number;
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Ctrl-C and SIGTERM, the first of them. */
  readonly interrupted: () => AbortSignal;
  /** Sends a signal; 0 only looks. @returns Whether there is such a process, and it is ours to tell. */
  readonly signal: (pid: number, signal: "SIGTERM" | 0) => boolean;
  /** Serves the engine in this process. @throws {Refusal} */
  readonly serve: (settings: DaemonSettings) => Promise<RunningDaemon>;
  /** Serves dockerd in this process. @throws {Refusal} */
  readonly serveDockerPlugin: (client: ClientContract, place: DockerPluginPlace) => Promise<RunningDaemon>;
  /** Starts this program as a daemon in a session of its own. */
  readonly startDaemon: (settings: DaemonPlace & { readonly log: string }) => StartedDaemon;
  /** Becomes the program of a launch ticket. @throws {Error} one sentence. By then this process may be in the sandbox: it must end. */
  readonly becomeProgram: (spec: string) => Promise<never>;
}
