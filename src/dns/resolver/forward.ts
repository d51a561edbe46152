import { DecodeError } from "../../wire/mod.ts";
import { encodeUpstreamQuery, type Query, type Reply, ResponseCode, readReply } from "../codec/mod.ts";
import type { Clock } from "./clock.ts";
import type { Upstream, UpstreamHealth } from "./upstream-health.ts";

export interface ExchangeHandlers {
  /** A message came; more may come. The bytes are the receiver's to keep. */
  message(bytes: Uint8Array): void;
  /** Nothing will come any more: refused, unreachable, closed. */
  failed(): void;
}

/** How messages get to an upstream. Every exchange has a socket, and so a source port, of its own. */
export interface UpstreamTransport {
  /** @returns Closes the socket; no handler is called afterwards. Handlers are never called before `exchange` returns. */
  exchange(protocol: "udp" | "tcp", upstream: Upstream, message: Uint8Array, handlers: ExchangeHandlers): () => void;
}

export interface ForwardParts {
  readonly transport: UpstreamTransport;
  readonly clock: Clock;
  readonly health: UpstreamHealth;
  readonly randomId: () => number;
}

/** In all: clients wait 5 s before they ask again, and should have their SERVFAIL before. */
const BUDGET_MS = 2_500;
/** Between two rounds over all upstreams: the packet may have been lost. */
const RETRY_MS = 700;
const MAX_ATTEMPTS = 6;

interface Attempt {
  readonly upstream: Upstream;
  readonly sentMs: number;
  close: () => void;
  open: boolean;
}

/**
 * One question on its way. The first upstream is asked; the next one as well when the answer is late, and at once when it fails. The
 * first good answer wins. A truncated one is asked for again over TCP.
 */
export class Forward {
  readonly #parts: ForwardParts;
  readonly #query: Query;
  readonly #upstreams: readonly Upstream[];
  readonly #together: number;
  readonly #done: (reply: Reply | undefined) => void;
  readonly #attempts: Attempt[] = [];
  #cancelTimers: (() => void)[] = [];
  #cancelHedge: () => void = () => {};
  #next = 0;
  /** To be told when nothing better comes: a truncated or an error reply. */
  #fallback: Reply | undefined;
  #finished = false;

  constructor(
    parts: ForwardParts,
    question: { readonly query: Query; readonly upstreams: readonly Upstream[] },
    done: (reply: Reply | undefined) => void,
  ) {
    this.#parts = parts;
    this.#query = question.query;
    const { upstreams, together } = parts.health.order(question.upstreams, parts.clock.now());
    this.#upstreams = upstreams;
    this.#together = together;
    this.#done = done;
  }

  start(): void {
    this.#cancelTimers.push(this.#parts.clock.after(BUDGET_MS, () => this.#giveUp()));
    for (let i = 0; i < this.#together; i++) this.#askNext();
    if (this.#upstreams.length === 0) this.#giveUp();
  }

  cancel(): void {
    this.#finished = true;
    this.#cancelHedge();
    for (const cancel of this.#cancelTimers) cancel();
    for (const attempt of this.#attempts) this.#close(attempt);
  }

  #askNext(): void {
    if (this.#finished || this.#next >= MAX_ATTEMPTS) return;
    const upstream = this.#upstreams[this.#next % this.#upstreams.length];
    if (upstream === undefined) return;
    this.#next++;
    this.#cancelHedge();
    const roundOver = this.#next % this.#upstreams.length === 0;
    const delayMs = roundOver ? RETRY_MS : this.#parts.health.hedgeDelayMs(upstream);
    this.#cancelHedge = this.#parts.clock.after(delayMs, () => this.#askNext());
    this.#send("udp", upstream);
  }

  #send(protocol: "udp" | "tcp", upstream: Upstream): void {
    const sent = encodeUpstreamQuery(this.#parts.randomId(), this.#query);
    const attempt: Attempt = { upstream, sentMs: this.#parts.clock.now(), close: () => {}, open: true };
    this.#attempts.push(attempt);
    attempt.close = this.#parts.transport.exchange(protocol, upstream, sent, {
      message: (bytes) => this.#receive(attempt, protocol, { bytes, sent }),
      failed: () => this.#fail(attempt),
    });
  }

  #receive(
    attempt: Attempt,
    protocol: "udp" | "tcp",
    { bytes, sent }: { readonly bytes: Uint8Array; readonly sent: Uint8Array },
  ): void {
    if (this.#finished || !attempt.open) return;
    let reply: Reply;
    try {
      reply = readReply(bytes, sent);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      // Over UDP it may be a forgery: the true reply may still come. A TCP peer has no second chance.
      if (protocol === "tcp") this.#fail(attempt);
      return;
    }
    if (!isGood(reply)) {
      this.#fallback ??= reply;
      this.#fail(attempt);
    } else if (reply.truncated && protocol === "udp") {
      this.#fallback = reply;
      this.#close(attempt);
      this.#send("tcp", attempt.upstream);
    } else {
      this.#parts.health.answered(attempt.upstream, this.#parts.clock.now() - attempt.sentMs);
      this.#finish(reply, attempt);
    }
  }

  /** The upstream cannot or does not want to answer: the next one is asked at once. */
  #fail(attempt: Attempt): void {
    if (this.#finished || !attempt.open) return;
    this.#close(attempt);
    this.#parts.health.failed(attempt.upstream, this.#parts.clock.now());
    if (this.#next < this.#upstreams.length) this.#askNext();
    else if (this.#attempts.every(({ open }) => !open)) this.#finish(this.#usableFallback());
  }

  #giveUp(): void {
    if (!this.#finished) this.#finish(this.#usableFallback());
  }

  /** Truncated data are better than nothing; an error code of one server says no more than our own SERVFAIL. */
  #usableFallback(): Reply | undefined {
    return this.#fallback !== undefined && isGood(this.#fallback) ? this.#fallback : undefined;
  }

  #finish(reply: Reply | undefined, winner?: Attempt): void {
    const now = this.#parts.clock.now();
    // Whoever was asked and left the answer to others, or to nobody, has a strike; but not one that was asked a moment ago.
    for (const attempt of this.#attempts) {
      const late = now - attempt.sentMs >= this.#parts.health.hedgeDelayMs(attempt.upstream);
      if (attempt.open && attempt !== winner && late) this.#parts.health.failed(attempt.upstream, now);
    }
    this.cancel();
    this.#done(reply);
  }

  #close(attempt: Attempt): void {
    if (!attempt.open) return;
    attempt.open = false;
    attempt.close();
  }
}

function isGood({ code }: Reply): boolean {
  return code === ResponseCode.noError || code === ResponseCode.nameError;
}
