import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import type { Sandbox, SandboxId } from "../../model/mod.ts";
import { type FileDescriptor, openPidfd } from "../../sys/mod.ts";

export interface NamespaceWatchOptions {
  /** Resolves when a process has ended. */
  readonly ended: (process: FileDescriptor) => Promise<void>;
  /** The namespace may be gone: whoever hears it looks. */
  readonly onChange: (sandbox: SandboxId) => void;
}

/**
 * Hears of the end of namespaces that others made, without a poll: for one given by a process, that the process has ended;
 * for one given by a path, that the file's directory has changed, as `ip netns delete` changes /run/netns. Nothing is held
 * open inside: a namespace of somebody else's must be able to go.
 */
export class NamespaceWatch implements Disposable {
  readonly #options: NamespaceWatchOptions;
  readonly #followed = new Map<SandboxId, Disposable>();

  constructor(options: NamespaceWatchOptions) {
    this.#options = options;
  }

  /** Tells of the end of a sandbox's namespace from now on; one that is gone already is told of too. */
  follow({ id, namespace }: Pick<Sandbox, "id" | "namespace">): void {
    if (namespace.kind !== "foreign" || this.#followed.has(id)) return;
    const pid = pidOf(namespace.path);
    this.#followed.set(id, pid === undefined ? this.#followPath(id, namespace.path) : this.#followProcess(id, pid));
    queueMicrotask(() => this.#tell(id)); // it may have gone between the look and the watch
  }

  release(id: SandboxId): void {
    this.#followed.get(id)?.[Symbol.dispose]();
    this.#followed.delete(id);
  }

  #followProcess(id: SandboxId, pid: number): Disposable {
    const process = openPidfd(pid);
    if (process === undefined) return { [Symbol.dispose]() {} };
    void this.#options.ended(process).then(() => this.#tell(id));
    return process;
  }

  #followPath(id: SandboxId, path: string): Disposable {
    const name = basename(path);
    let watcher: FSWatcher | undefined;
    try {
      watcher = watch(dirname(path), { persistent: false }, (_event, changed) => {
        if (changed === null || changed === name) this.#tell(id);
      });
      watcher.on("error", () => this.#tell(id)); // the directory itself has gone
    } catch {
      // There is no such directory any more.
    }
    return { [Symbol.dispose]: () => watcher?.close() };
  }

  #tell(id: SandboxId): void {
    if (this.#followed.has(id)) this.#options.onChange(id);
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#followed.keys()]) this.release(id);
  }
}

/** The process whose namespace a path opens; `undefined` for any other path. */
export function pidOf(path: string): number | undefined {
  const pid = /^\/proc\/(\d+)\//.exec(path)?.[1];
  return pid === undefined ? undefined : Number(pid);
}
