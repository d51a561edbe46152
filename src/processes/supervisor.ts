import type { LogLine } from "../contract/mod.ts";
import { Refusal } from "../contract/plain.ts";
import type { ProcessRecord, SandboxId } from "../model/mod.ts";
import type { FileDescriptor } from "../sys/mod.ts";
import { describeLaunch, describeLaunchBeside, type ProgramRequest } from "./describe-launch.ts";
import { DescriptorWatch } from "./descriptor-watch.ts";
import type { LaunchSpec } from "./launch-spec.ts";
import { deleteLog } from "./log-file.ts";
import { LogWatch } from "./log-watch.ts";
import { readLog } from "./read-log.ts";
import { type MemberMarks, networkMark, SandboxMembers } from "./sandbox-members.ts";
import { SandboxProcess } from "./sandbox-process.ts";
import { Slots } from "./slots.ts";
import { type Supervised, titleOf } from "./supervised.ts";
import type { SupervisorContext, SupervisorHost } from "./supervisor-host.ts";

/** A launcher is a runtime of its own until it becomes the program: a thousand at once would fill the memory, and be no faster. */
const LAUNCHES_AT_ONCE = Math.max(4, 2 * navigator.hardwareConcurrency);

/** What a caller may leave to the sandbox's own program. */
export interface ExecRequest {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  readonly user?: string;
}

/**
 * The programs that run in sandboxes. They are nobody's prisoners: a daemon that ends or is killed leaves them as they are, and the next one takes
 * them over.
 */
export class Supervisor<Owner extends Supervised> implements Disposable {
  readonly #context: SupervisorContext<Owner>;
  readonly #programs = new Map<SandboxId, SandboxProcess<Owner>>();

  constructor(host: SupervisorHost<Owner>) {
    const watch = new DescriptorWatch();
    this.#context = {
      ...host,
      watch,
      members: new SandboxMembers(watch),
      logs: new LogWatch(watch),
      launches: new Slots(LAUNCHES_AT_ONCE),
    };
  }

  /** What is known of a sandbox's program; absent before its first start. */
  record(sandbox: SandboxId): ProcessRecord | undefined {
    return this.#programs.get(sandbox)?.record;
  }

  /** Resolves when any process has ended: one thread waits for all. The descriptor must stay open until then. */
  ended(process: FileDescriptor): Promise<void> {
    return this.#context.watch.readable(process);
  }

  /** Goes on with what an earlier daemon has written down. What runs runs on. */
  takeOver(
    sandboxes: Iterable<Owner>,
    records: readonly ProcessRecord[],
    options: { readonly hostRestarted: boolean },
  ): void {
    const bySandbox = new Map(records.map((record) => [record.sandbox, record]));
    for (const sandbox of sandboxes) {
      const record = bySandbox.get(sandbox.id);
      if (record !== undefined && sandbox.process !== undefined) this.#programOf(sandbox).takeOver(record, options);
    }
  }

  /** Starts the sandbox's program, unless it runs. @throws {Refusal} one sentence when it cannot be started. */
  async start(sandbox: Owner): Promise<void> {
    await this.#programOf(sandbox).start();
  }

  /** Ends the program and what it has started. Nothing to do when nothing runs. */
  async stop(sandbox: Owner, options: { readonly timeoutMs?: number }): Promise<void> {
    await this.#programs.get(sandbox.id)?.stop(options);
  }

  /**
   * Ends all that runs in a sandbox, at once, and lets nothing start there any more.
   *
   * @param netnsPath Its network namespace, where it is the sandbox's own: whoever is in there ends too.
   */
  async remove(sandbox: Owner, netnsPath: string | undefined): Promise<void> {
    const net = netnsPath === undefined ? undefined : networkMark(netnsPath);
    const marks: MemberMarks = net === undefined ? {} : { net };
    const program = this.#programs.get(sandbox.id);
    if (program === undefined) await this.#context.members.end(marks);
    else await program.remove(marks);
  }

  /** After it was removed: of its program nothing is known any more, and its log is gone. */
  forget(sandbox: Owner): void {
    this.#programs.get(sandbox.id)?.[Symbol.dispose]();
    this.#programs.delete(sandbox.id);
    deleteLog(this.#context.logPath(sandbox));
  }

  /**
   * How the caller's own launcher starts a command in a sandbox: beside its program, whose environment it gets.
   *
   * @throws {Refusal} when the sandbox has a program and that does not run.
   */
  execSpec(sandbox: Owner, request: ExecRequest): LaunchSpec {
    const place = this.#context.place(sandbox);
    const wanted: ProgramRequest = {
      workingDirectory: "/",
      ...(sandbox.process?.user !== undefined && { user: sandbox.process.user }),
      ...(sandbox.process !== undefined && { workingDirectory: sandbox.process.workingDirectory }),
      ...request,
      environment: { ...sandbox.process?.environment, ...request.environment },
    };
    if (sandbox.process === undefined) return describeLaunch(sandbox, place, wanted);
    const record = this.record(sandbox.id);
    if (record?.state !== "running" || record.identity === undefined) {
      throw new Refusal(
        "conflict",
        `Cannot run a command in ${titleOf(sandbox)}: its program does not run, want it started`,
      );
    }
    return describeLaunchBeside(sandbox, record.identity, wanted, place.hostname);
  }

  /** What the program wrote, by lines; to follow ends when nothing runs there any more, or when the reader has enough. */
  logs(
    sandbox: Owner,
    { follow, tail }: { readonly follow: boolean; readonly tail?: number },
  ): AsyncIterableIterator<LogLine> {
    const over = this.#programs.get(sandbox.id)?.over;
    const enough = Promise.withResolvers<void>();
    const until = Promise.race([over, enough.promise]);
    const lines = readLog(this.#context.logPath(sandbox), {
      ...(tail !== undefined && { tail }),
      ...(follow && over !== undefined && { follow: { logs: this.#context.logs, until } }),
    });
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      async next() {
        const { done, value } = await lines.next();
        return done === true ? { done, value: undefined } : { done: false, value: { text: value } };
      },
      async return() {
        enough.resolve(); // else it would go on waiting for more, and hold the file open
        await lines.return();
        return { done: true, value: undefined };
      },
    };
  }

  #programOf(sandbox: Owner): SandboxProcess<Owner> {
    const known = this.#programs.get(sandbox.id);
    if (known !== undefined) return known;
    if (sandbox.process === undefined) {
      throw new Refusal(
        "invalid",
        `Cannot start ${titleOf(sandbox)}: it has no command, want one that was made with a command`,
      );
    }
    const program = new SandboxProcess(this.#context, sandbox, sandbox.process);
    this.#programs.set(sandbox.id, program);
    return program;
  }

  /** Leaves all programs running. */
  [Symbol.dispose](): void {
    for (const program of this.#programs.values()) program[Symbol.dispose]();
    this.#programs.clear();
    this.#context.logs[Symbol.dispose]();
    this.#context.watch[Symbol.dispose]();
  }
}
