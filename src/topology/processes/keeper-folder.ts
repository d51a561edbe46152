import { mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ProcessIdentity, ProcessRecord, ProcessSpec } from "../../model/mod.ts";
import { formatProcessPlace, type ProcessPlace, processFolder, type TopologyName } from "../state/mod.ts";

/** A process as it is written down. */
export interface KeptProcess {
  readonly at: ProcessPlace;
  readonly spec: ProcessSpec;
  /** Absent before its first start. */
  readonly record?: ProcessRecord;
}

/** What a keeper has written down: another one finds its processes by it. */
export interface KeeperState {
  readonly keeper: ProcessIdentity;
  readonly processes: readonly KeptProcess[];
}

/** The folder that `processFolder` names. Root alone can look into it. */
export class KeeperFolder {
  readonly netnsDirectory: string;
  readonly topology: TopologyName;
  readonly path: string;

  constructor(netnsDirectory: string, topology: TopologyName) {
    this.netnsDirectory = netnsDirectory;
    this.topology = topology;
    this.path = processFolder(netnsDirectory, topology);
  }

  make(): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
  }

  /** @returns `undefined` when there are no processes. @throws {Error} when it is not what a keeper writes. */
  read(): KeeperState | undefined {
    let text: string;
    try {
      text = readFileSync(this.#stateFile, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
    const state: unknown = JSON.parse(text);
    if (typeof state === "object" && state !== null && "keeper" in state && "processes" in state)
      return state as KeeperState;
    throw new Error(`Cannot read ${this.#stateFile}: want what a keeper of processes has written`);
  }

  /** Whole, or as before. */
  write(state: KeeperState): void {
    const draft = `${this.#stateFile}.draft`;
    writeFileSync(draft, JSON.stringify(state), { mode: 0o600 });
    renameSync(draft, this.#stateFile);
  }

  logPath(at: ProcessPlace): string {
    return `${join(this.path, formatProcessPlace(at))}.log`;
  }

  /** Of the keeper itself. */
  get ownLogPath(): string {
    return join(this.path, "keeper.log");
  }

  /** Takes it away, with what is in it. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
    try {
      rmdirSync(dirname(this.path));
    } catch {
      // Another topology's is in it.
    }
  }

  get #stateFile(): string {
    return join(this.path, "processes.json");
  }
}
