import { createHash } from "node:crypto";
import { join } from "node:path";
import { type ProcessRecord, parseSandboxId, type SandboxId } from "../../model/mod.ts";
import { readIdentity, type Supervised, Supervisor } from "../../processes/mod.ts";
import { formatProcessPlace, isSameProcess, type ProcessPlace } from "../state/mod.ts";
import type { KeeperFolder, KeptProcess } from "./keeper-folder.ts";

/** How much of a log an error shows. */
const SHOWN_LINES = 5;

interface Kept {
  readonly owner: Supervised & { readonly at: ProcessPlace };
  readonly process: KeptProcess;
}

/**
 * Looks after the processes of one topology: starts them again where they are to be, asks for their health, ends them. It may be killed: they
 * live on, and another keeper goes on with them.
 */
export class Keeper implements Disposable {
  readonly #folder: KeeperFolder;
  readonly #log: (message: string) => void;
  readonly #supervisor: Supervisor<Kept["owner"]>;
  readonly #kept = new Map<SandboxId, Kept>();
  readonly #details = new Map<SandboxId, string>();
  readonly #identity = ownIdentity();
  #changed = Promise.withResolvers<void>();

  constructor(folder: KeeperFolder, log: (message: string) => void) {
    this.#folder = folder;
    this.#log = log;
    this.#supervisor = new Supervisor<Kept["owner"]>({
      keep: (record) => this.#keep(record),
      emit: (_kind, { sandbox, detail }) => {
        if (detail !== undefined) this.#details.set(sandbox.id, detail);
        this.#tell();
      },
      log: (_level, message) => this.#log(message),
      place: ({ at }) => ({
        netnsPath: join(folder.netnsDirectory, at.place),
        netnsDirectory: folder.netnsDirectory,
        folder: folder.path,
        seesHostFiles: true,
      }),
      logPath: ({ at }) => folder.logPath(at),
      removeEnded: () => {},
    });
    const before = folder.read()?.processes ?? [];
    for (const process of before) this.#add(process);
    const records = before.flatMap(({ record }) => (record === undefined ? [] : [record]));
    this.#supervisor.takeOver(this.#owners(), records, { hostRestarted: false });
    this.#write();
  }

  get isIdle(): boolean {
    return this.#kept.size === 0;
  }

  /**
   * Makes it so: what leaves first, then all that comes, at once. Comes back when all runs, and those that can tell are healthy.
   *
   * @throws {Error} one sentence about the first that does not.
   */
  async want(wanted: readonly Pick<KeptProcess, "at" | "spec">[]): Promise<void> {
    const ids = new Map(wanted.map((process) => [idOf(process.at), process]));
    const leaving = [...this.#kept.values()].filter(({ owner, process }) => {
      const next = ids.get(owner.id);
      return next === undefined || !isSameProcess(next.spec, process.spec);
    });
    await Promise.all(leaving.map(({ owner }) => this.#end(owner)));
    for (const process of wanted) if (!this.#kept.has(idOf(process.at))) this.#add(process);
    this.#write();
    const starts = await Promise.allSettled(Array.from(this.#kept.values(), (kept) => this.#bringUp(kept)));
    const failed = starts.find((start) => start.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async #end(owner: Kept["owner"]): Promise<void> {
    await this.#supervisor.stop(owner, {});
    await this.#supervisor.remove(owner, undefined);
    this.#supervisor.forget(owner);
    this.#kept.delete(owner.id);
    this.#details.delete(owner.id);
    this.#write();
  }

  async #bringUp({ owner, process }: Kept): Promise<void> {
    const before = this.#supervisor.record(owner.id);
    const isDone = before?.state === "exited" && before.exitCode === 0 && process.spec.restart !== "always";
    if (isDone) return;
    await this.#supervisor.start(owner); // nothing to do when it runs
    if (process.spec.healthcheck === undefined) return;
    for (;;) {
      const record = this.#supervisor.record(owner.id);
      if (record?.health === "healthy" && record.state === "running") return;
      if (record?.state !== "running" || record.health === "unhealthy") {
        throw new Error(`Cannot bring up process ${owner.name}: ${await this.#whyNot(owner)}`);
      }
      await this.#changed.promise;
    }
  }

  async #whyNot(owner: Kept["owner"]): Promise<string> {
    const lines: string[] = [];
    for await (const { text } of this.#supervisor.logs(owner, { follow: false, tail: SHOWN_LINES })) lines.push(text);
    const detail = this.#details.get(owner.id) ?? "it does not run";
    return lines.length === 0 ? detail : `${detail}; it wrote: ${lines.join(" | ")}`;
  }

  #owners(): readonly Kept["owner"][] {
    return Array.from(this.#kept.values(), ({ owner }) => owner);
  }

  #add({ at, spec, record }: KeptProcess): void {
    const name = formatProcessPlace(at);
    const owner = { id: idOf(at), at, name, title: `namespace ${at.place}`, process: spec, autoRemove: false };
    this.#kept.set(owner.id, { owner, process: { at, spec, ...(record !== undefined && { record }) } });
  }

  #keep(record: ProcessRecord): void {
    const kept = this.#kept.get(record.sandbox);
    if (kept === undefined) return; // it has just been taken out
    this.#kept.set(record.sandbox, { ...kept, process: { ...kept.process, record } });
    this.#write();
    queueMicrotask(() => this.#tell()); // when the supervisor knows it, too
  }

  #write(): void {
    this.#folder.write({
      keeper: this.#identity,
      processes: Array.from(this.#kept.values(), ({ process }) => process),
    });
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Leaves all processes running. */
  [Symbol.dispose](): void {
    this.#supervisor[Symbol.dispose]();
  }
}

/** As sandboxes have them: 64 hexadecimal digits. */
function idOf(at: ProcessPlace): SandboxId {
  return parseSandboxId(createHash("sha256").update(formatProcessPlace(at)).digest("hex"));
}

function ownIdentity() {
  const identity = readIdentity(process.pid);
  if (identity === undefined) throw new Error(`Cannot read /proc/${process.pid}/stat: want a mounted proc`);
  return identity;
}
