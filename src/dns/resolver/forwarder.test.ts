import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { type Query, readQuery } from "../codec/mod.ts";
import type { Clock } from "./clock.ts";
import type { ExchangeHandlers, UpstreamTransport } from "./forward.ts";
import { Forwarder } from "./forwarder.ts";
import type { CachedReply } from "./reply-cache.ts";
import type { Upstream } from "./upstream-health.ts";

/** A clock that moves when told. */
class TameClock implements Clock {
  #now = 0;
  #timers: { dueMs: number; body: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delayMs: number, body: () => void): () => void {
    const timer = { dueMs: this.#now + delayMs, body };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = this.#timers.filter(({ dueMs }) => dueMs <= end).sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = next.dueMs;
      next.body();
    }
    this.#now = end;
  }
}

interface Asked {
  readonly protocol: "udp" | "tcp";
  readonly server: string;
  readonly atMs: number;
  readonly message: Uint8Array;
  readonly handlers: ExchangeHandlers;
  open: boolean;
}

function upstream(key: string): Upstream {
  return { key, address: Uint8Array.of(192, 0, 2, 1), port: 53, inPlace: (body) => body() };
}

function setUp(servers: readonly string[] = ["one", "two", "three"]) {
  const clock = new TameClock();
  const asked: Asked[] = [];
  const transport: UpstreamTransport = {
    exchange(protocol, { key }, message, handlers) {
      const exchange: Asked = { protocol, server: key, atMs: clock.now(), message, handlers, open: true };
      asked.push(exchange);
      return () => {
        exchange.open = false;
      };
    },
  };
  let id = 0x4000;
  const forwarder = new Forwarder({ transport, clock, randomId: () => id++ });
  const scope = { key: "scope", upstreams: servers.map(upstream) };
  const outcomes: (CachedReply | undefined)[] = [];
  const ask = (question = query()): void => forwarder.ask(scope, question, (outcome) => outcomes.push(outcome));
  const trace = (): string[] => asked.map(({ server, atMs, protocol }) => `${server} ${protocol} ${atMs}`);
  const at = (index: number): Asked => {
    const exchange = asked[index];
    if (exchange === undefined) throw new Error(`nobody was asked ${index + 1} times`);
    return exchange;
  };
  return { clock, asked, forwarder, scope, outcomes, ask, trace, at };
}

function query(name = "61"): Query {
  const read = readQuery(hex(`0001 0100 0001 0000 0000 0000 01 ${name} 02 65 75 00 0001 0001`));
  if (read?.kind !== "query") throw new Error("the test's query is malformed");
  return read;
}

/** One address with a TTL of 60 s, or a bare code. */
function answer(message: Uint8Array, { code = 0, truncated = false } = {}): Uint8Array {
  const question = message.subarray(12, -11);
  const records = code === 0 ? hex("c00c 0001 0001 0000003c 0004 01020304") : new Uint8Array(0);
  const header = Uint8Array.of(
    message[0] ?? 0,
    message[1] ?? 0,
    truncated ? 0x83 : 0x81,
    0x80 | code,
    0,
    1,
    0,
    code === 0 ? 1 : 0,
    0,
    0,
    0,
    0,
  );
  return Uint8Array.from([...header, ...question, ...records]);
}

test("the first upstream is asked, and its answer kept", () => {
  const { ask, at, trace, outcomes, forwarder, scope, clock } = setUp();
  ask();
  clock.advance(20);
  at(0).handlers.message(answer(at(0).message));
  expect(trace()).toEqual(["one udp 0"]);
  expect(outcomes[0]?.reply.answerCount).toBe(1);
  clock.advance(30_000);
  expect(forwarder.cached(scope, query())?.ageSeconds).toBe(30);
  clock.advance(31_000);
  expect(forwarder.cached(scope, query())).toBeUndefined();
});

test("the next upstream is asked as well when the answer is late; the first answer wins and all sockets are closed", () => {
  const { ask, at, asked, trace, outcomes, clock } = setUp();
  ask();
  clock.advance(150);
  expect(trace()).toEqual(["one udp 0", "two udp 120"]);
  at(1).handlers.message(answer(at(1).message));
  expect(outcomes).toHaveLength(1);
  expect(asked.every(({ open }) => !open)).toBe(true);
  at(0).handlers.message(answer(at(0).message));
  expect(outcomes).toHaveLength(1);
});

test.each([2, 4, 5])("an upstream that answers with code %d is passed over at once", (code) => {
  const { ask, at, trace } = setUp();
  ask();
  at(0).handlers.message(answer(at(0).message, { code }));
  at(1).handlers.failed();
  expect(trace()).toEqual(["one udp 0", "two udp 0", "three udp 0"]);
});

test("NXDOMAIN is an answer", () => {
  const { ask, at, outcomes, trace } = setUp();
  ask();
  at(0).handlers.message(answer(at(0).message, { code: 3 }));
  expect(outcomes[0]?.reply.code).toBe(3);
  expect(trace()).toHaveLength(1);
});

test("it ends at once when all have failed", () => {
  const { ask, at, outcomes } = setUp(["one", "two"]);
  ask();
  at(0).handlers.failed();
  at(1).handlers.failed();
  expect(outcomes).toEqual([undefined]);
});

test("without upstreams it ends at once", () => {
  const { ask, outcomes } = setUp([]);
  ask();
  expect(outcomes).toEqual([undefined]);
});

test("silence ends after 2.5 s, with a second round in between", () => {
  const { ask, clock, outcomes, trace, asked } = setUp(["one", "two"]);
  ask();
  clock.advance(2_499);
  expect(outcomes).toEqual([]);
  clock.advance(1);
  expect(outcomes).toEqual([undefined]);
  expect(trace()).toEqual(["one udp 0", "two udp 120", "one udp 820", "two udp 940", "one udp 1640", "two udp 1760"]);
  expect(asked.some(({ open }) => open)).toBe(false);
});

test("a dead upstream is asked last after two silences, and then tried beside another", () => {
  const { ask, at, asked, clock } = setUp(["dead", "good"]);
  for (const name of ["61", "62"]) {
    ask(query(name));
    clock.advance(200);
    const last = at(asked.length - 1);
    expect(last.server).toBe("good");
    last.handlers.message(answer(last.message));
  }
  ask(query("63"));
  expect(at(asked.length - 1).server).toBe("good");
  at(asked.length - 1).handlers.message(answer(at(asked.length - 1).message));
  clock.advance(6_000);
  ask(query("64"));
  expect(asked.slice(-2).map(({ server, atMs }) => `${server} ${atMs - clock.now()}`)).toEqual(["dead 0", "good 0"]);
});

test("a forged message is ignored, and the true one is taken", () => {
  const { ask, at, outcomes } = setUp();
  ask();
  const forged = answer(at(0).message);
  forged[1] = (forged[1] ?? 0) ^ 1;
  at(0).handlers.message(forged);
  expect(outcomes).toEqual([]);
  at(0).handlers.message(answer(at(0).message));
  expect(outcomes).toHaveLength(1);
});

test("a truncated reply is asked for over TCP", () => {
  const { ask, at, outcomes, trace } = setUp(["one"]);
  ask();
  at(0).handlers.message(answer(at(0).message, { truncated: true }));
  expect(trace()).toEqual(["one udp 0", "one tcp 0"]);
  at(1).handlers.message(answer(at(1).message));
  expect(outcomes[0]?.reply.truncated).toBe(false);
});

test("when TCP fails, the truncated reply is passed on", () => {
  const { ask, at, outcomes } = setUp(["one"]);
  ask();
  at(0).handlers.message(answer(at(0).message, { truncated: true }));
  at(1).handlers.failed();
  expect(outcomes[0]?.reply.truncated).toBe(true);
});

test("the same question is asked once for all who wait", () => {
  const { ask, at, asked, outcomes } = setUp();
  ask();
  ask();
  expect(asked).toHaveLength(1);
  at(0).handlers.message(answer(at(0).message));
  expect(outcomes).toHaveLength(2);
});

test("every question has an id of its own", () => {
  const { ask, at } = setUp();
  ask(query("61"));
  ask(query("62"));
  expect(at(0).message.subarray(0, 2)).not.toEqual(at(1).message.subarray(0, 2));
});

test("a scope that goes away closes its sockets, and who waits is told", () => {
  const { ask, asked, forwarder, scope, outcomes, clock } = setUp();
  ask();
  forwarder.cancel(scope);
  expect(outcomes).toEqual([undefined]);
  clock.advance(5_000);
  expect(asked.map(({ open }) => open)).toEqual([false]);
  expect(outcomes).toHaveLength(1);
  expect(forwarder.counts.running).toBe(0);
});
