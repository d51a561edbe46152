import { readFileSync, rmSync } from "node:fs";
import type { ProcessIdentity } from "../../model/mod.ts";
import { openProcess, ownProgram, signalNumber } from "../../processes/mod.ts";
import { type FileDescriptor, signalPidfd } from "../../sys/mod.ts";
import type { Log } from "../context.ts";
import type { Warnings } from "../warnings.ts";

export interface PortProxyOptions {
  readonly runDirectory: string;
  /** Resolves when a process has ended. */
  readonly ended: (process: FileDescriptor) => Promise<void>;
  readonly log: Log;
  readonly warnings: Warnings;
}

/** A process that has to load its runtime takes a twentieth of a second, on a busy machine many times that. */
const READY_WITHIN_MS = 10_000;
/** Between the end of a proxy that somebody killed, or that could not start, and the next one. */
const AGAIN_AFTER_MS = 1_000;
const TOPIC = "port proxy";
/** What it says when it serves. */
const READY = "ready";

/**
 * Has the host's port proxy run while a published port needs it. It is a process of its own, which this daemon starts or finds, and leaves
 * running.
 */
export class PortProxy implements Disposable {
  readonly #options: PortProxyOptions;
  readonly #file: string;
  #running: FileDescriptor | undefined;
  /** Absent: nobody has said yet. */
  #isWanted: boolean | undefined;
  #starting: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PortProxyOptions) {
    this.#options = options;
    this.#file = `${options.runDirectory}/port-proxy`;
  }

  /** Comes back when it is so. What keeps it from being so is a warning: everything else goes on. */
  async follow(isWanted: boolean): Promise<void> {
    if (isWanted === this.#isWanted && (this.#running !== undefined) === isWanted) return;
    this.#isWanted = isWanted;
    this.#running ??= this.#find();
    if (isWanted && this.#running === undefined && this.#timer === undefined) {
      this.#starting ??= this.#start().finally(() => {
        this.#starting = undefined;
      });
    }
    await this.#starting;
    if (!this.#isWanted) this.#stop();
  }

  /** The one that runs: it has written down who it is. */
  #find(): FileDescriptor | undefined {
    try {
      const identity = JSON.parse(readFileSync(this.#file, "utf8")) as ProcessIdentity; // ours alone may write there
      return this.#watch(openProcess(identity));
    } catch {
      return undefined; // there is none
    }
  }

  async #start(): Promise<void> {
    const { log, warnings } = this.#options;
    const said = await this.#spawn();
    // One that another daemon was killed over, while it started it, may have been quicker.
    this.#running = this.#find();
    if (this.#running !== undefined) return warnings.clear(TOPIC);
    const sentence = said || "Cannot serve ports between IPv6 and IPv4: the proxy did not start";
    log("warning", sentence);
    warnings.set(TOPIC, sentence);
    return this.#again();
  }

  /** @returns What it said, or why there is none. */
  async #spawn(): Promise<string> {
    try {
      const child = Bun.spawn([...ownProgram(), "port-proxy", this.#file], {
        ...{ stdio: ["ignore", "pipe", "ignore"], env: {}, cwd: "/", detached: true },
      });
      child.unref();
      const said = await firstLine(child.stdout);
      if (said !== READY) child.kill("SIGKILL");
      return said;
    } catch (error) {
      return `Cannot start the port proxy: ${error instanceof Error ? error.message : error}`;
    }
  }

  /** Another one is started when this one ends before its time. */
  #watch(process: FileDescriptor | undefined): FileDescriptor | undefined {
    if (process === undefined) return undefined;
    void this.#options.ended(process).then(() => {
      process[Symbol.dispose]();
      if (this.#running !== process) return; // it was told to
      this.#running = undefined;
      this.#options.log("warning", "the port proxy has ended: another one is started");
      this.#again();
    });
    return process;
  }

  #again(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.follow(this.#isWanted === true);
    }, AGAIN_AFTER_MS);
    this.#timer.unref();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#options.warnings.clear(TOPIC);
    if (this.#running !== undefined) signalPidfd(this.#running, signalNumber("SIGTERM"));
    this.#running = undefined;
    rmSync(this.#file, { force: true });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#running?.[Symbol.dispose]();
    this.#running = undefined;
  }
}

/** @returns What there was of it, when it takes too long or ends before. */
async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const late = setTimeout(() => void reader.cancel(), READY_WITHIN_MS);
  let text = "";
  try {
    while (!text.includes("\n")) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    clearTimeout(late);
    void reader.cancel();
  }
  return text.split("\n")[0] ?? "";
}
