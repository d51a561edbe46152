import type { KernelNotification, KernelWatch, WatchedGroups } from "../../kernel/events/mod.ts";
import type { EngineContext } from "../context.ts";
import type { Operation } from "../plan/operation.ts";
import { lookAt, type Noticed, notice } from "./notice.ts";
import { repair } from "./reconcile.ts";
import { RepairPace } from "./repair-pace.ts";
import { noSuspicion, type Suspicion } from "./suspicion.ts";

/** What the engine asks of the kernel's notifications. */
export const watchedGroups: WatchedGroups = {
  route: ["link", "ipv4Address", "ipv6Address", "ipv4Route", "ipv6Route"],
  nftables: true,
};

/** Repairs what somebody else changes of ours, from now on until it is disposed of. */
export function watchDrift(context: EngineContext, watch: KernelWatch): Disposable {
  const repairer = new Repairer(context);
  const subscription = watch.subscribe((notification) => repairer.notice(notification));
  return {
    [Symbol.dispose]() {
      subscription[Symbol.dispose]();
      repairer[Symbol.dispose]();
    },
  };
}

const TABLE = "table inet weft";
/**
 * Milliseconds from the first notification of a link that changed to the look at it: a change brings several, and those of our
 * own that follow each other closely need one look for all. A repair has 100 in all.
 */
const LOOK_AFTER_MS = 15;
/** Milliseconds after which a repair that failed altogether is tried again. */
const RETRY_MS = 1_000;

class Repairer implements Disposable {
  readonly #context: EngineContext;
  readonly #pace = new RepairPace();
  readonly #noticed: Noticed = { suspicion: noSuspicion(), touched: new Map(), parents: new Map() };
  #pending = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lookTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  notice(notification: KernelNotification): void {
    try {
      if (notice(this.#context, notification, this.#noticed)) this.#schedule();
    } catch (error) {
      // A newer kernel may say what we cannot read; what it said it of can be anything.
      this.#suspectEverything("read a notification", error);
    }
    if (this.#noticed.touched.size > 0) this.#lookTimer ??= setTimeout(() => this.#look(), LOOK_AFTER_MS);
  }

  #suspectEverything(action: string, error: unknown): void {
    this.#context.log("error", `Cannot ${action}: ${error instanceof Error ? error.message : error}`);
    this.#noticed.suspicion.everything = true;
    this.#schedule();
  }

  #look(): void {
    this.#lookTimer = undefined;
    const { suspicion, touched, parents } = this.#noticed;
    const links = [...touched.values()];
    touched.clear();
    try {
      const suspects = links.flatMap((link) => lookAt(this.#context, link, parents));
      for (const name of suspects) suspicion.links.add(name);
      if (suspects.length > 0) this.#schedule();
    } catch (error) {
      this.#suspectEverything("look at a link that changed", error);
    }
  }

  #schedule(): void {
    if (this.#pending) return; // the run that waits will see this change too
    this.#pending = true;
    const { changes, log } = this.#context;
    changes
      .runNext(() => this.#run())
      .catch((error) => log("error", `Cannot repair: ${error instanceof Error ? error.message : error}`));
  }

  async #run(): Promise<void> {
    this.#pending = false;
    const now = performance.now();
    this.#pace.tidy(now);
    const due = this.#takeDue(now);
    try {
      const tried = await repair(this.#context, due);
      for (const subject of new Set(tried.flatMap(subjectOf))) this.#note(subject);
    } catch (error) {
      // The kernel could not be read: what was suspected still is.
      this.#noticed.suspicion.everything = true;
      this.#noticed.suspicion.firewall = true;
      this.#scheduleIn(RETRY_MS);
      throw error;
    }
  }

  #scheduleIn(waitMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#schedule(), waitMs);
  }

  /** What may be repaired now; the rest stays, and is looked at when its time has come. */
  #takeDue(now: number): Suspicion {
    const { everything, firewall, links } = this.#noticed.suspicion;
    const later = noSuspicion();
    this.#noticed.suspicion = later;
    const due = { ...noSuspicion(), everything };
    let soonestMs = Number.POSITIVE_INFINITY;
    const postponed = (subject: string): boolean => {
      const waitMs = this.#pace.waitMs(subject, now);
      if (waitMs > 0) soonestMs = Math.min(soonestMs, waitMs);
      return waitMs > 0;
    };
    if (firewall && postponed(TABLE)) later.firewall = true;
    else due.firewall = firewall;
    for (const name of links) (postponed(`link ${name}`) ? later : due).links.add(name);
    if (Number.isFinite(soonestMs)) this.#scheduleIn(soonestMs);
    return due;
  }

  #note(subject: string): void {
    const waitMs = this.#pace.note(subject, performance.now());
    if (waitMs === 0) return;
    const sentence = `another program keeps changing ${subject}, which is Weft's: want one of the two to let it be; repairs wait`;
    const known = this.#context.warnings.has(subject);
    this.#context.warnings.set(subject, sentence, { lastingMs: 3 * waitMs });
    if (!known) this.#context.log("warning", sentence);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#lookTimer);
  }
}

/** What an operation of a repair puts back, where others may fight over it. */
function subjectOf(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case "install-firewall":
      return [TABLE];
    case "create-network-link":
    case "configure-network-link":
      return [`link ${operation.link.name}`];
    case "create-endpoint-link":
      return [`link ${operation.link.endpoint.hostLink}`];
    case "attach-veth":
      return [`link ${operation.veth.endpoint.hostLink}`];
    default:
      return [];
  }
}
