import { type EngineContext, emit } from "./context.ts";
import type { HostFacts } from "./drivers/host-facts.ts";
import { readHostFactsAgain } from "./host-survey.ts";
import { type HostWarning, hostWarnings, readHostCondition } from "./host-warnings.ts";
import type { ForwardFilter } from "./passage/mod.ts";
import { repair } from "./reconcile/reconcile.ts";
import { noSuspicion } from "./reconcile/suspicion.ts";

/** Milliseconds from the first sign of a change to the look: who changes a firewall or a VPN's routes does so in several steps. */
const SETTLE_MS = 250;
/** Milliseconds between looks: on a host where containers come and go all the time, one sees many changes. */
const PAUSE_MS = 1000;

/**
 * Follows what the host's owner changes and networks depend on: routes that overlap, filters that drop, the uplink's MTU, br_netfilter.
 * What is ours is put to it; what is not, is told of in the log and as an event, when it comes and when it has gone.
 */
export class HostWatch implements Disposable {
  readonly #context: () => EngineContext;
  #told: ReadonlyMap<string, HostWarning> = new Map();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;
  #closed = false;
  /** As they were when they were last read, until the kernel tells that somebody changed a ruleset. */
  #filters: readonly ForwardFilter[] | undefined;

  constructor(context: () => EngineContext) {
    this.#context = context;
  }

  /** Something may have changed. */
  suspect(): void {
    if (this.#timer !== undefined || this.#closed) return;
    const waitMs = Math.max(SETTLE_MS, this.#lastMs + PAUSE_MS - performance.now());
    this.#timer = setTimeout(() => this.#look(), waitMs);
  }

  /** Rules of others may have changed. */
  suspectRules(): void {
    this.#filters = undefined;
    this.suspect();
  }

  #look(): void {
    this.#timer = undefined;
    this.#lastMs = performance.now();
    const context = this.#context();
    try {
      followFacts(context);
      this.#filters ??= context.kernel.firewall.foreignFilters();
      this.#tell(hostWarnings([...context.state.networks], readHostCondition(context, this.#filters)));
    } catch (error) {
      context.log("error", `Cannot look at the host: ${error instanceof Error ? error.message : error}`);
    }
  }

  #tell(warnings: readonly HostWarning[]): void {
    const { log, events } = this.#context();
    const now = new Map(warnings.map((warning) => [warning.topic, warning]));
    for (const [topic, { sentence }] of now) {
      if (this.#told.has(topic)) continue;
      log("warning", sentence);
      emit({ events }, "warning", { detail: sentence });
    }
    for (const [topic, { sentence }] of this.#told) if (!now.has(topic)) log("info", `no longer so: ${sentence}`);
    this.#told = now;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}

/** Takes in what the drivers need to know, and puts to it what is ours. */
function followFacts(context: EngineContext): void {
  const before = context.facts;
  const facts = readHostFactsAgain(context.kernel.route, context.state, before);
  if (describe(facts) === describe(before)) return;
  context.facts = facts;
  if (facts.uplinkMtu !== before.uplinkMtu) {
    context.log("info", `the uplink's MTU is ${facts.uplinkMtu} bytes, it was ${before.uplinkMtu}`);
  }
  const everything = { ...noSuspicion(), everything: true, firewall: true };
  context.changes
    .runNext(() => repair(context, everything))
    .catch((error) =>
      context.log("error", `Cannot follow the host: ${error instanceof Error ? error.message : error}`),
    );
}

function describe({ uplinkMtu, keptMtus, bridgedFramesFiltered: { ipv4, ipv6 } }: HostFacts): string {
  return JSON.stringify([uplinkMtu, [...keptMtus].sort(), ipv4, ipv6]);
}
