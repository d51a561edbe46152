import type { Query } from "../codec/mod.ts";
import type { Clock } from "./clock.ts";
import { Forward, type UpstreamTransport } from "./forward.ts";
import { type CachedReply, ReplyCache } from "./reply-cache.ts";
import { type Upstream, UpstreamHealth } from "./upstream-health.ts";

/** A list of upstreams and where they are asked from. Clients with the same key share answers. */
export interface ForwardScope {
  readonly key: string;
  readonly upstreams: readonly Upstream[];
}

/** Called once. `undefined`: nobody answered in time. */
export type ForwardDone = (outcome: CachedReply | undefined) => void;

interface Running {
  readonly scope: ForwardScope;
  readonly forward: Forward;
  readonly waiting: ForwardDone[];
}

const MAX_RUNNING = 2048;

/** Asks upstreams for what is not ours: one question at a time for all who ask the same, and a cache. */
export class Forwarder {
  readonly #transport: UpstreamTransport;
  readonly #clock: Clock;
  readonly #randomId: () => number;
  readonly #health = new UpstreamHealth();
  readonly #cache = new ReplyCache();
  readonly #running = new Map<string, Running>();

  /** @param randomId A number of 16 bits that nobody can foresee. */
  constructor({ transport, clock, randomId }: { transport: UpstreamTransport; clock: Clock; randomId: () => number }) {
    this.#transport = transport;
    this.#clock = clock;
    this.#randomId = randomId;
  }

  get counts(): { readonly running: number; readonly cached: number } {
    return { running: this.#running.size, cached: this.#cache.size };
  }

  cached(scope: ForwardScope, query: Query): CachedReply | undefined {
    return this.#cache.get(cacheKey(scope, query), this.#clock.now());
  }

  /** Asks; look into `cached` first. `done` may be called before this returns. */
  ask(scope: ForwardScope, query: Query, done: ForwardDone): void {
    const key = cacheKey(scope, query);
    const running = this.#running.get(key);
    if (running !== undefined) {
      running.waiting.push(done);
      return;
    }
    if (this.#running.size >= MAX_RUNNING) {
      done(undefined);
      return;
    }
    const waiting = [done];
    const parts = { transport: this.#transport, clock: this.#clock, health: this.#health, randomId: this.#randomId };
    const forward = new Forward(parts, { query, upstreams: scope.upstreams }, (reply) => {
      this.#running.delete(key);
      if (reply !== undefined) this.#cache.put(key, reply, this.#clock.now());
      for (const waiter of waiting) waiter(reply && { reply, ageSeconds: 0 });
    });
    this.#running.set(key, { scope, forward, waiting });
    forward.start();
  }

  /** Ends what runs for a scope that goes away: who waits is told that nobody answered. */
  cancel(scope: ForwardScope): void {
    for (const [key, running] of this.#running) {
      if (running.scope.key !== scope.key) continue;
      running.forward.cancel();
      this.#running.delete(key);
      for (const waiter of running.waiting) waiter(undefined);
    }
  }
}

function cacheKey(scope: ForwardScope, query: Query): string {
  const flags = (query.checkingDisabled ? 1 : 0) + (query.edns?.dnssecOk === true ? 2 : 0);
  return `${scope.key} ${query.type} ${flags} ${query.name}`;
}
