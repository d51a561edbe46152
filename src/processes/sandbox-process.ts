import { closeSync } from "node:fs";
import { Refusal } from "../contract/plain.ts";
import { Serial } from "../lib/mod.ts";
import type { ProcessIdentity, ProcessRecord, ProcessSpec } from "../model/mod.ts";
import { describeLaunch, describeLaunchBeside } from "./describe-launch.ts";
import type { Health } from "./health.ts";
import { HealthMonitor } from "./health-monitor.ts";
import { Launcher } from "./launcher.ts";
import { openLogForProgram } from "./log-file.ts";
import { planTakeOver, type TakeOver } from "./plan-take-over.ts";
import { openProcess, readBootId } from "./process-identity.ts";
import { ProgramRun } from "./program-run.ts";
import { nextDelayMs, restartsAfter } from "./restart-policy.ts";
import { type CheckResult, runCheck } from "./run-check.ts";
import { KILLED_WITHIN_MS, type MemberMarks } from "./sandbox-members.ts";
import { type Supervised, titleOf } from "./supervised.ts";
import type { SupervisorContext } from "./supervisor-host.ts";

/** A program that runs, and what goes with it. */
interface Life {
  readonly run: ProgramRun;
  readonly monitor: HealthMonitor | undefined;
  readonly log: Disposable;
  /** Resolves when its end is written down. */
  readonly settled: PromiseWithResolvers<void>;
}

/**
 * The program of one sandbox, from the first start until it is forgotten. Its steps run one after the other; none of them waits for a program to end,
 * so that whoever asks for something is heard.
 */
export class SandboxProcess<Owner extends Supervised> implements Disposable {
  readonly sandbox: Owner;
  readonly #context: SupervisorContext<Owner>;
  readonly #program: ProcessSpec;
  readonly #steps = new Serial();
  #record: ProcessRecord | undefined;
  #life: Life | undefined;
  #launcher: Launcher | undefined;
  #restart: ReturnType<typeof setTimeout> | undefined;
  #delayMs: number | undefined;
  #over: PromiseWithResolvers<void> | undefined;
  /** Present once it is being removed. */
  #removal: MemberMarks | undefined;
  #open = true;

  constructor(context: SupervisorContext<Owner>, sandbox: Owner, program: ProcessSpec) {
    this.#context = context;
    this.sandbox = sandbox;
    this.#program = program;
  }

  /** Absent before the first start. */
  get record(): ProcessRecord | undefined {
    return this.#record;
  }

  /** Resolves when nothing runs and nothing will unless somebody starts it. */
  get over(): Promise<void> {
    return this.#over?.promise ?? Promise.resolve();
  }

  /** Starts it, unless it runs. @throws {Refusal} one sentence when it cannot be started. */
  async start(): Promise<void> {
    for (;;) {
      const { ending } = await this.#steps.run(() => this.#startUnlessAlive());
      if (ending === undefined) return;
      await ending; // of one that somebody has just stopped
    }
  }

  async #startUnlessAlive(): Promise<{ readonly ending?: Promise<void> }> {
    this.#refuseRemoved();
    if (this.#life !== undefined) return this.#record?.wanted === true ? {} : { ending: this.#life.settled.promise };
    this.#cancelRestart();
    this.#delayMs = undefined;
    await this.#launch(0).catch((error: unknown) => {
      this.#beOver(); // of one that was about to be restarted
      throw error;
    });
    return {};
  }

  #launch(restarts: number): Promise<void> {
    return this.#context.launches.use(() => this.#launchNow(restarts));
  }

  /** Writes down who is started before it is let go on: whenever this daemon dies, the next one finds it. */
  async #launchNow(restarts: number): Promise<void> {
    this.#refuseRemoved(); // perhaps while it waited for its turn
    const sandbox = this.sandbox.id;
    const startedAt = new Date().toISOString();
    try {
      const launcher = this.#spawn();
      this.#launcher = launcher;
      const health = this.#program.healthcheck !== undefined && ({ health: "starting" } as const);
      const record = { sandbox, wanted: true, identity: launcher.identity, startedAt, restarts, ...health };
      try {
        this.#keep({ ...record, state: "restarting" });
        const failure = await launcher.openGate();
        if (failure !== undefined) throw new Refusal("invalid", failure);
        this.#keep({ ...record, state: "running" });
      } catch (error) {
        launcher.kill();
        await launcher.exited;
        launcher[Symbol.dispose]();
        throw error;
      }
      this.#live(ProgramRun.started(launcher), 0);
    } catch (error) {
      const failure = messageOf(error);
      this.#keepIfPossible({
        sandbox,
        state: "exited",
        wanted: false,
        startedAt,
        finishedAt: startedAt,
        restarts,
        failure,
      });
      throw error;
    } finally {
      this.#launcher = undefined;
    }
    this.#context.emit("sandbox-start", { sandbox: this.sandbox });
  }

  #refuseRemoved(): void {
    if (this.#removal === undefined) return;
    throw new Refusal("conflict", `Cannot start ${titleOf(this.sandbox)}: it is being removed`);
  }

  #spawn(): Launcher {
    const place = this.#context.place(this.sandbox);
    const output = openLogForProgram(this.#context.logPath(this.sandbox));
    try {
      const spec = describeLaunch(this.sandbox, place, this.#program);
      return new Launcher(spec, { output, folder: place.folder });
    } finally {
      closeSync(output);
    }
  }

  /** @param ageMs How long it has run already. */
  #live(run: ProgramRun, ageMs: number): void {
    this.#over ??= Promise.withResolvers();
    const settled = Promise.withResolvers<void>();
    const log = this.#context.logs.add(this.#context.logPath(this.sandbox));
    const life: Life = { run, monitor: this.#monitor(run, ageMs), log, settled };
    this.#life = life;
    const startedMs = performance.now() - ageMs;
    void run.exited
      .then((exitCode) => this.#steps.run(() => this.#settle(life, exitCode, performance.now() - startedMs)))
      .catch((error: unknown) => this.#context.log("error", `Cannot follow ${titleOf(this.sandbox)}: ${error}`))
      .finally(() => settled.resolve());
  }

  async #settle(life: Life, exitCode: number | undefined, ranMs: number): Promise<void> {
    if (!this.#open) return; // the next daemon finds out by itself
    life.monitor?.[Symbol.dispose]();
    try {
      await this.#context.members.end({ ...life.run.marks, ...this.#removal });
    } catch (error) {
      this.#context.log("error", `Cannot clear ${titleOf(this.sandbox)}: ${messageOf(error)}`);
    }
    life.run[Symbol.dispose]();
    life.log[Symbol.dispose]();
    this.#life = undefined;
    this.#end(exitCode, ranMs);
  }

  /** Writes an end down, and does what the restart policy says. */
  #end(exitCode: number | undefined, ranMs: number): void {
    const { sandbox, startedAt, restarts = 0, wanted = false } = this.#record ?? { sandbox: this.sandbox.id };
    const { restart: policy } = this.#program;
    const restarting = this.#removal === undefined && restartsAfter({ policy, wanted, exitCode });
    this.#keepIfPossible({
      sandbox,
      state: restarting ? "restarting" : "exited",
      wanted: restarting,
      ...(startedAt !== undefined && { startedAt }),
      finishedAt: new Date().toISOString(),
      ...(exitCode !== undefined && { exitCode }),
      restarts,
    });
    const detail = describeEnd(exitCode);
    this.#context.emit("sandbox-exit", {
      sandbox: this.sandbox,
      detail,
      ...(exitCode !== undefined && { exitCode }),
    });
    if (restarting) this.#restartLater(ranMs);
    else this.#endForGood();
  }

  #endForGood(): void {
    this.#beOver();
    if (this.sandbox.autoRemove && this.#removal === undefined) this.#context.removeEnded(this.sandbox);
  }

  #beOver(): void {
    this.#over?.resolve();
    this.#over = undefined;
  }

  #restartLater(ranMs: number): void {
    this.#over ??= Promise.withResolvers();
    this.#delayMs = nextDelayMs(this.#delayMs, ranMs);
    this.#restart = setTimeout(() => {
      void this.#steps.run(async () => {
        if (this.#restart === undefined) return; // cancelled while this waited for its turn
        this.#restart = undefined;
        await this.#launchUnasked((this.#record?.restarts ?? 0) + 1);
      });
    }, this.#delayMs);
  }

  /** Nobody waits for this start. What it misses may come back, such as a file system: a restart policy tries again. */
  async #launchUnasked(restarts: number): Promise<void> {
    try {
      await this.#launch(restarts);
    } catch (error) {
      this.#context.log("warning", messageOf(error));
      if (!this.#open || this.#removal !== undefined || this.#record === undefined) return;
      if (!restartsAfter({ policy: this.#program.restart, wanted: true, exitCode: undefined })) {
        this.#endForGood();
        return;
      }
      this.#keepIfPossible({ ...this.#record, state: "restarting", wanted: true });
      this.#restartLater(0);
    }
  }

  #cancelRestart(): void {
    clearTimeout(this.#restart);
    this.#restart = undefined;
  }

  /** Ends it, and what it has started; it stays so until somebody starts it. Nothing to do when nothing runs. */
  async stop({ timeoutMs = this.#program.stopTimeoutMs }: { readonly timeoutMs?: number }): Promise<void> {
    const life = await this.#steps.run(() => this.#wantStopped());
    if (life === undefined) return;
    life.run.signal(this.#program.stopSignal);
    await this.#killAfter(life, timeoutMs);
  }

  #wantStopped(): Life | undefined {
    if (this.#record?.wanted === true) {
      const state = this.#life === undefined ? "exited" : this.#record.state;
      this.#keep({ ...this.#record, state, wanted: false });
      this.#cancelRestart();
      if (this.#life === undefined) this.#endForGood();
    }
    return this.#life;
  }

  async #killAfter(life: Life, timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => life.run.signal("SIGKILL"), timeoutMs);
    await life.settled.promise;
    clearTimeout(timer);
  }

  /** Ends it at once, with all that has these marks, and lets nobody start it again. */
  async remove(marks: MemberMarks): Promise<void> {
    this.#removal = marks;
    this.#launcher?.kill(); // a start that hangs would keep us waiting for our turn
    const life = await this.#steps.run(() => {
      this.#cancelRestart();
      if (this.#life === undefined) this.#beOver();
      return this.#life;
    });
    if (life === undefined) return this.#context.members.end(marks);
    life.run.signal("SIGKILL");
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      this.#removal = undefined;
      const { pid } = life.run.identity;
      late.reject(new Error(`Cannot remove ${titleOf(this.sandbox)}: process ${pid} does not end, even after SIGKILL`));
    }, KILLED_WITHIN_MS);
    await Promise.race([life.settled.promise, late.promise]);
    clearTimeout(timer);
  }

  /** Goes on where an earlier daemon, or the host, has stopped. */
  takeOver(record: ProcessRecord, { hostRestarted: isNewHost }: { readonly hostRestarted: boolean }): void {
    const { identity, wanted } = record;
    const hostRestarted = isNewHost || (identity !== undefined && identity.bootId !== readBootId());
    const pidfd = identity && openProcess(identity);
    const { restart: policy } = this.#program;
    const isRemoving = this.sandbox.removing === true;
    const plan = planTakeOver(record, { policy, isAlive: pidfd !== undefined, hostRestarted, isRemoving });
    const run = identity && pidfd && ProgramRun.takenOver(identity, pidfd, this.#context);
    if (plan === "follow" && run !== undefined) {
      this.#record = record;
      this.#live(run, Date.now() - Date.parse(record.startedAt ?? ""));
      if (!wanted) this.#endStopped(run);
      return;
    }
    const { identity: _gone, ...rest } = record;
    this.#record = plan === "leave" ? rest : { ...rest, state: "restarting", wanted: wanted && !hostRestarted };
    if (plan !== "leave") this.#over ??= Promise.withResolvers();
    const leader = identity !== undefined && !hostRestarted ? identity.pid : undefined;
    void this.#steps
      .run(async () => {
        await this.#clear(run, leader);
        await this.#goOn(plan, record.restarts);
      })
      .catch((error: unknown) => this.#context.log("error", `Cannot take over ${titleOf(this.sandbox)}: ${error}`));
  }

  /** Ends what is left of a program that does not run, or only half. */
  async #clear(run: ProgramRun | undefined, leader: number | undefined): Promise<void> {
    if (run === undefined) {
      if (leader !== undefined) await this.#context.members.end({ session: leader });
      return;
    }
    run.signal("SIGKILL");
    await run.exited;
    await this.#context.members.end(run.marks);
    run[Symbol.dispose]();
  }

  async #goOn(plan: TakeOver, restarts: number): Promise<void> {
    switch (plan) {
      case "start":
        return this.#launchUnasked(restarts);
      case "restart-later":
        return this.#restartLater(0);
      case "end":
        return this.#end(undefined, 0);
      case "follow": // its process is gone since we have looked
      case "leave":
        return this.#endForGood();
    }
  }

  /** The daemon that was asked to stop it is gone. */
  #endStopped(run: ProgramRun): void {
    const life = this.#life;
    run.signal(this.#program.stopSignal);
    if (life !== undefined) void this.#killAfter(life, this.#program.stopTimeoutMs);
  }

  #monitor(run: ProgramRun, ageMs: number): HealthMonitor | undefined {
    const check = this.#program.healthcheck;
    if (check === undefined) return undefined;
    return new HealthMonitor({
      check,
      health: this.#record?.health ?? "starting",
      ageMs,
      run: () => this.#check(run.identity, check.command, check.timeoutMs),
      changed: (health, detail) => this.#changeHealth(health, detail),
    });
  }

  #check(beside: ProcessIdentity, command: readonly string[], timeoutMs: number): Promise<CheckResult> {
    const { folder, hostname } = this.#context.place(this.sandbox);
    const spec = describeLaunchBeside(this.sandbox, beside, { ...this.#program, command }, hostname);
    return runCheck(spec, { folder, timeoutMs, launches: this.#context.launches });
  }

  #changeHealth(health: Health, detail: string): void {
    if (this.#life === undefined || this.#record === undefined) return;
    this.#keepIfPossible({ ...this.#record, health });
    this.#context.emit("sandbox-health", { sandbox: this.sandbox, detail: `${health}: ${detail}` });
  }

  /** Leaves the program running. */
  [Symbol.dispose](): void {
    this.#open = false;
    this.#cancelRestart();
    this.#life?.monitor?.[Symbol.dispose]();
    this.#life?.run[Symbol.dispose]();
    this.#life?.log[Symbol.dispose]();
    this.#beOver();
  }

  #keep(record: ProcessRecord): void {
    this.#context.keep(record);
    this.#record = record;
  }

  /** What has happened has happened, whether it can be written down or not: the next daemon finds it out again. */
  #keepIfPossible(record: ProcessRecord): void {
    this.#record = record;
    try {
      this.#context.keep(record);
    } catch (error) {
      this.#context.log("error", messageOf(error));
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function describeEnd(exitCode: number | undefined): string {
  return exitCode === undefined ? "ended, and nobody saw how" : `exited with code ${exitCode}`;
}
