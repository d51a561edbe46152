import { describe, expect, test } from "bun:test";
import type { DhcpLease } from "../../model/mod.ts";
import { type Ipv4Address, parseIpv4Address, parseMacAddress } from "../../net/mod.ts";
import type { ServerMessage } from "../codec/mod.ts";
import {
  type ClientAction,
  type ClientEvent,
  type ClientState,
  initialState,
  leaseOf,
  listenUntilMs,
  releaseAction,
  step,
  wakeMs,
} from "./client.ts";

const START_MS = Date.parse("2026-01-01T00:00:00Z");
const mac = parseMacAddress("02:00:00:00:00:0c");
const serverMac = parseMacAddress("02:00:00:00:00:01");
const ip = (text: string): Ipv4Address => parseIpv4Address(text);
const identity = { mac, clientId: Uint8Array.of(255, 7), hostName: "web" };

/** A client with a clock of its own. */
class Play {
  state: ClientState = initialState;
  nowMs = START_MS;
  #random = 0;

  get context() {
    // Every number is another one, so that an answer to an older question is seen to be that.
    const random = (): number => {
      this.#random = (this.#random + 0.01) % 1;
      return this.#random;
    };
    return { identity, nowMs: this.nowMs, random };
  }

  tell(event: ClientEvent): readonly ClientAction[] {
    const { state, actions } = step(this.state, event, this.context);
    this.state = state;
    return actions;
  }

  /** Lets time pass until the next timer is due. */
  wait(): readonly ClientAction[] {
    this.nowMs = wakeMs(this.state);
    return this.tell({ kind: "timer" });
  }

  hear(type: ServerMessage["type"], rest: Partial<ServerMessage> = {}): readonly ClientAction[] {
    const transactionId = "transactionId" in this.state ? this.state.transactionId : 0;
    const message: ServerMessage = {
      type,
      transactionId,
      yourAddress: ip("10.0.0.9"),
      clientMac: mac,
      serverId: ip("10.0.0.1"),
      prefixLength: 24,
      routers: [ip("10.0.0.1")],
      nameServers: [],
      searchDomains: [],
      classlessRoutes: [],
      leaseSeconds: 3600,
      ...rest,
    };
    return this.tell({ kind: "dhcp", message, from: serverMac });
  }

  /** To the state bound. */
  bind(): DhcpLease {
    this.tell({ kind: "start" });
    this.hear("offer");
    this.hear("ack");
    while (this.state.kind === "probing") this.wait();
    const lease = leaseOf(this.state);
    if (lease === undefined) throw new Error(`Cannot bind: it is ${this.state.kind}`);
    return lease;
  }
}

/** What is sent: its type, to whom, and the options that tell it apart. */
function sent(actions: readonly ClientAction[]): readonly string[] {
  return actions.flatMap((action) => {
    if (action.kind !== "send") return [action.kind];
    const { type, clientAddress, requestedAddress, serverId } = action.message;
    const to = action.to.mac === serverMac ? "server" : "all";
    const words = [
      type,
      `to ${to}`,
      clientAddress && `as ${clientAddress}`,
      requestedAddress && `for ${requestedAddress}`,
      serverId && `by ${serverId}`,
    ];
    return [words.filter(Boolean).join(" ")];
  });
}

test("from nothing to a lease: discover, request, two probes", () => {
  const play = new Play();
  expect(sent(play.tell({ kind: "start" }))).toEqual(["discover to all"]);
  expect(sent(play.hear("offer"))).toEqual(["request to all for 10.0.0.9 by 10.0.0.1"]);
  expect(sent(play.hear("ack"))).toEqual(["probe"]);
  expect(sent(play.wait())).toEqual(["probe"]);
  const [bound] = play.wait();
  expect(bound).toMatchObject({
    kind: "bound",
    lease: {
      address: "10.0.0.9/24",
      server: "10.0.0.1",
      serverMac,
      gateway: "10.0.0.1",
      since: "2026-01-01T00:00:00.000Z",
      renewSeconds: 1800,
      rebindSeconds: 3150,
      leaseSeconds: 3600,
    },
  });
  expect(listenUntilMs(play.state)).toBe(0);
});

test("nobody answers: it asks again after 2, 4, 8 … seconds, a minute at most", () => {
  const play = new Play();
  play.tell({ kind: "start" });
  const waits: number[] = [];
  for (let round = 0; round < 7; round++) {
    const before = play.nowMs;
    expect(sent(play.wait())).toEqual(["discover to all"]);
    waits.push((play.nowMs - before) / 1000);
  }
  expect(waits).toEqual([2, 4, 8, 16, 32, 64, 64]);
});

test("a request that nobody answers is sent four times, then everything begins anew", () => {
  const play = new Play();
  play.tell({ kind: "start" });
  play.hear("offer");
  const rounds = Array.from({ length: 4 }, () => sent(play.wait())[0]);
  const request = "request to all for 10.0.0.9 by 10.0.0.1";
  expect(rounds).toEqual([request, request, request, "discover to all"]);
});

describe("renewal", () => {
  test("at T1 its own server is asked, at T2 any, and at the end the address goes", () => {
    const play = new Play();
    const lease = play.bind();
    expect(sent(play.wait())).toEqual(["request to server as 10.0.0.9"]);
    expect((play.nowMs - START_MS) / 1000).toBe(1800);
    const told: string[] = [];
    for (;;) {
      const actions = play.wait();
      const at = (play.nowMs - START_MS) / 1000;
      told.push(...sent(actions).map((text) => `${at} ${text}`));
      if (actions.some(({ kind }) => kind === "lost")) break;
    }
    expect(told.filter((text) => text.endsWith("to server as 10.0.0.9")).length).toBeGreaterThan(2);
    expect(told.find((text) => text.includes("to all as"))).toBe("3150 request to all as 10.0.0.9");
    expect(told.slice(-2)).toEqual(["3600 lost", "3600 discover to all for 10.0.0.9"]);
    expect(lease.leaseSeconds).toBe(3600);
  });

  test("no more often than once a minute", () => {
    const play = new Play();
    play.bind();
    let before = Number.NEGATIVE_INFINITY;
    while (play.state.kind !== "selecting") {
      const [first] = sent(play.wait());
      if (first?.startsWith("request") !== true || first.includes("all")) continue;
      expect(play.nowMs - before).toBeGreaterThanOrEqual(60_000);
      before = play.nowMs;
    }
  });

  test("an answer makes the lease longer, from when it was asked for", () => {
    const play = new Play();
    play.bind();
    play.wait();
    play.nowMs += 400;
    expect(play.hear("ack")).toMatchObject([{ kind: "bound", lease: { since: "2026-01-01T00:30:00.000Z" } }]);
    expect(wakeMs(play.state)).toBe(START_MS + 2 * 1800_000);
  });

  test("the times that a server names are heeded when they are in order", () => {
    const play = new Play();
    play.tell({ kind: "start" });
    play.hear("offer");
    play.hear("ack", { leaseSeconds: 120, renewalSeconds: 3, rebindingSeconds: 100 });
    while (play.state.kind === "probing") play.wait();
    expect(leaseOf(play.state)).toMatchObject({ renewSeconds: 3, rebindSeconds: 100 });
    play.wait();
    play.hear("ack", { leaseSeconds: 120, renewalSeconds: 100, rebindingSeconds: 3 });
    expect(leaseOf(play.state)).toMatchObject({ renewSeconds: 60, rebindSeconds: 105 });
  });

  test("a lease without an end is never renewed", () => {
    const play = new Play();
    play.tell({ kind: "start" });
    play.hear("offer");
    play.hear("ack", { leaseSeconds: Number.POSITIVE_INFINITY });
    while (play.state.kind === "probing") play.wait();
    expect(wakeMs(play.state)).toBe(Number.POSITIVE_INFINITY);
  });

  test("a refusal takes the address away, and everything begins anew a little later", () => {
    const play = new Play();
    play.bind();
    play.wait();
    expect(play.hear("nak", { message: "wrong network" })).toMatchObject([
      { kind: "lost", reason: "the server says no: wrong network" },
    ]);
    expect(sent(play.wait())).toEqual(["discover to all"]);
  });
});

describe("who has no say is not heard:", () => {
  test.each<{ what: string; rest: Partial<ServerMessage> }>([
    { what: "an answer to another question", rest: { transactionId: 99 } },
    { what: "an answer to another client", rest: { clientMac: serverMac } },
    { what: "an offer without a server", rest: { serverId: undefined as never } },
    { what: "an offer without a time", rest: { leaseSeconds: undefined as never } },
    { what: "an offer of a second", rest: { leaseSeconds: 1 } },
    { what: "an offer of a broadcast address", rest: { yourAddress: ip("10.0.0.255") } },
    { what: "an offer of multicast", rest: { yourAddress: ip("224.0.0.1") } },
    { what: "an offer of loopback", rest: { yourAddress: ip("127.0.0.1") } },
  ])("$what", ({ rest }) => {
    const play = new Play();
    play.tell({ kind: "start" });
    const before = play.state;
    expect(play.hear("offer", rest)).toEqual([]);
    expect(play.state).toEqual(before);
  });

  test("a server that was not asked can neither give nor refuse", () => {
    const play = new Play();
    play.tell({ kind: "start" });
    play.hear("offer");
    const other = { serverId: ip("10.0.0.66") };
    expect(play.hear("ack", other)).toEqual([]);
    expect(play.hear("nak", other)).toEqual([]);
    expect(play.state.kind).toBe("requesting");
  });

  test("nobody can take a bound client's address away, nor change it when it is renewed", () => {
    const play = new Play();
    play.bind();
    const before = play.state;
    expect([play.hear("nak"), play.hear("ack"), play.hear("offer")]).toEqual([[], [], []]);
    expect(play.state).toEqual(before);
    play.wait();
    expect(play.hear("ack", { yourAddress: ip("10.0.0.66") })).toEqual([]);
    expect(play.state.kind).toBe("renewing");
  });
});

describe("a conflict", () => {
  const neighbour = parseMacAddress("02:00:00:00:00:77");

  test.each([
    { what: "an answer", arp: { mac: neighbour, sender: ip("10.0.0.9"), target: ip("0.0.0.0") } },
    { what: "another's probe", arp: { mac: neighbour, sender: ip("0.0.0.0"), target: ip("10.0.0.9") } },
  ])("by $what: the address is declined, and ten seconds later another one asked for", ({ arp }) => {
    const play = new Play();
    play.tell({ kind: "start" });
    play.hear("offer");
    play.hear("ack");
    expect(sent(play.tell({ kind: "arp", ...arp }))).toEqual(["decline to all for 10.0.0.9 by 10.0.0.1", "note"]);
    const before = play.nowMs;
    expect(sent(play.wait())).toEqual(["discover to all"]);
    expect(play.nowMs - before).toBe(10_000);
  });

  test.each([
    { what: "its own probe", arp: { mac, sender: ip("0.0.0.0"), target: ip("10.0.0.9") } },
    { what: "others' affairs", arp: { mac: neighbour, sender: ip("10.0.0.7"), target: ip("10.0.0.8") } },
    { what: "a question of another", arp: { mac: neighbour, sender: ip("10.0.0.7"), target: ip("10.0.0.9") } },
  ])("is not $what", ({ arp }) => {
    const play = new Play();
    play.tell({ kind: "start" });
    play.hear("offer");
    play.hear("ack");
    expect(play.tell({ kind: "arp", ...arp })).toEqual([]);
    expect(play.state.kind).toBe("probing");
  });
});

describe("with a lease of before", () => {
  function restarted(): Play {
    const lease = new Play().bind();
    const play = new Play();
    play.nowMs += 60_000;
    expect(sent(play.tell({ kind: "start", lease }))).toEqual(["request to all for 10.0.0.9"]);
    return play;
  }

  test("it asks whether that holds, and goes on with it", () => {
    const play = restarted();
    expect(play.hear("ack")).toMatchObject([{ kind: "bound" }]);
  });

  test("it goes on with it, too, when nobody answers", () => {
    const play = restarted();
    const kinds = Array.from({ length: 4 }, () => play.wait()[0]?.kind);
    expect(kinds).toEqual(["send", "send", "send", "bound"]);
  });

  test("it begins anew when the server says no", () => {
    const play = restarted();
    play.hear("nak");
    expect(sent(play.wait())).toEqual(["discover to all"]);
  });

  test("one that has ended is only a wish", () => {
    const lease = new Play().bind();
    const play = new Play();
    play.nowMs += 3600_000;
    expect(sent(play.tell({ kind: "start", lease }))).toEqual(["discover to all for 10.0.0.9"]);
  });
});

test("classless routes stand in place of the routers", () => {
  const play = new Play();
  play.tell({ kind: "start" });
  play.hear("offer");
  const classlessRoutes = [
    { destination: "0.0.0.0/0", gateway: ip("10.0.0.2") },
    { destination: "10.9.0.0/16", gateway: ip("10.0.0.3") },
  ] as unknown as ServerMessage["classlessRoutes"];
  play.hear("ack", { classlessRoutes });
  while (play.state.kind === "probing") play.wait();
  expect(leaseOf(play.state)).toMatchObject({
    gateway: "10.0.0.2",
    routes: [{ destination: "10.9.0.0/16", gateway: "10.0.0.3" }],
  });
});

test("a lease is given back to its server alone", () => {
  const play = new Play();
  const lease = play.bind();
  expect(sent([releaseAction(lease, play.context)])).toEqual(["release to server as 10.0.0.9 by 10.0.0.1"]);
});

test("any events in any order: never more than one wait without an end, never a lease that is over", () => {
  let seed = 1;
  const random = (): number => {
    seed = (seed * 48271) % 0x7fffffff;
    return seed / 0x7fffffff;
  };
  for (let round = 0; round < 300; round++) {
    const play = new Play();
    play.tell({ kind: "start" });
    for (let turn = 0; turn < 60; turn++) {
      const pick = Math.floor(random() * 5);
      if (pick === 0) play.hear("offer", { leaseSeconds: Math.floor(random() * 5000) });
      else if (pick === 1) play.hear("ack", { leaseSeconds: Math.floor(random() * 5000) });
      else if (pick === 2) play.hear("nak");
      else if (pick === 3) play.tell({ kind: "arp", mac: serverMac, sender: ip("10.0.0.9"), target: ip("0.0.0.0") });
      else play.wait();
      expect(Number.isFinite(wakeMs(play.state))).toBe(true);
      const lease = leaseOf(play.state);
      if (lease?.leaseSeconds === undefined) continue;
      expect(play.nowMs).toBeLessThan(Date.parse(lease.since) + lease.leaseSeconds * 1000);
    }
  }
});
