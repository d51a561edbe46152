import { unreachable } from "../../lib/mod.ts";
import { ipBytes, parseIpAddress, parseIpv4Address } from "../../net/mod.ts";
import { DatagramBatch, inNetns, type Netns, openNetns, SystemCallError } from "../../sys/mod.ts";
import { Forwarder, type ForwardScope, type Upstream } from "../resolver/mod.ts";
import { Zone, type ZoneView } from "../zone/mod.ts";
import type { DnsCommand, DnsFailure, DnsStatistics, EndpointSpec, ForwarderSpec, SandboxSpec } from "./commands.ts";
import { Counters } from "./counters.ts";
import type { EventLoop } from "./event-loop.ts";
import { PreparedAnswers } from "./prepared-answers.ts";
import { ServedSandbox, type ServerParts, type ServingRules } from "./served-sandbox.ts";
import { openServingSockets } from "./serving-sockets.ts";
import { SocketTransport } from "./socket-transport.ts";

const DNS_PORT = 53;
const DEFAULT_LISTEN = { address: "127.0.0.11", port: DNS_PORT };
/** glibc asks no more than three. */
const MAX_UPSTREAMS = 4;

interface Sandbox {
  readonly served: ServedSandbox;
  /** Namespace and address that the sockets are bound in: another one needs new sockets. */
  readonly place: string;
  /** Held open while the sandbox has servers that are asked from inside. */
  netns: Netns | undefined;
}

/** The name server of all sandboxes: holds the names, and serves them until it is disposed of. */
export class NameServer implements Disposable {
  readonly #zone = new Zone();
  readonly #sandboxes = new Map<string, Sandbox>();
  readonly #answers = new WeakMap<ZoneView, PreparedAnswers>();
  readonly #parts: ServerParts;

  constructor(loop: EventLoop) {
    const transport = new SocketTransport(loop);
    this.#parts = {
      loop,
      batch: new DatagramBatch(),
      late: new DatagramBatch({ slots: 1 }),
      forwarder: new Forwarder({ transport, clock: loop, randomId }),
      counters: new Counters(),
    };
  }

  /** Carries out all commands, in order; what fails is reported, and leaves nothing behind. */
  apply(commands: readonly DnsCommand[]): readonly DnsFailure[] {
    const failures: DnsFailure[] = [];
    for (const [index, command] of commands.entries()) {
      try {
        this.#applyOne(command);
      } catch (error) {
        failures.push({ index, kind: command.kind, id: command.id, ...describe(error) });
      }
    }
    return failures;
  }

  get statistics(): DnsStatistics {
    const { forwarder, counters } = this.#parts;
    const { networks, endpoints } = this.#zone.counts;
    const { running: forwardsRunning, cached: cachedReplies } = forwarder.counts;
    return { ...counters, sandboxes: this.#sandboxes.size, networks, endpoints, forwardsRunning, cachedReplies };
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#sandboxes.keys()]) this.#removeSandbox(id);
  }

  #applyOne(command: DnsCommand): void {
    switch (command.kind) {
      case "put-sandbox":
        this.#putSandbox(command);
        return;
      case "remove-sandbox":
        this.#removeSandbox(command.id);
        return;
      case "put-endpoint":
        this.#putEndpoint(command);
        return;
      case "remove-endpoint":
        this.#zone.removeEndpoint(command.id);
        return;
      default:
        unreachable(command);
    }
  }

  #putEndpoint({ id, network, names, addresses }: EndpointSpec): void {
    this.#zone.putEndpoint(network, { id, names, addresses: addresses.map(parseIpAddress) });
  }

  #putSandbox(spec: SandboxSpec): void {
    const listen = spec.listen ?? DEFAULT_LISTEN;
    const address = { bytes: ipBytes(parseIpv4Address(listen.address)), port: listen.port };
    const forwarders = spec.forwarders.filter(({ from, address: server }) => {
      if (from === "sandbox") return server !== listen.address; // itself
      return spec.forward;
    });
    const asksInside = forwarders.some(({ from }) => from === "sandbox");

    using undo = new DisposableStack();
    const netns = undo.use(openNetns(spec.netnsPath));
    const place = `${netns.identity.dev}:${netns.identity.ino} ${listen.address}:${listen.port}`;
    const upstreams = forwarders.slice(0, MAX_UPSTREAMS).map((forwarder) => makeUpstream(spec.id, forwarder, netns));
    const scope = spec.forward || asksInside ? makeScope(upstreams) : undefined;
    if (this.#sandboxes.get(spec.id)?.place !== place) this.#removeSandbox(spec.id);
    const kept = this.#sandboxes.get(spec.id);
    const sockets = kept === undefined ? undo.use(openServingSockets(netns, address)) : undefined;

    const view = this.#zone.acquireView(spec.networks, spec.links);
    const rules: ServingRules = { view, answers: this.#answersOf(view), scope, ndotsSet: spec.ndots !== undefined };
    undo.move(); // nothing below fails
    if (!asksInside) netns[Symbol.dispose]();
    const heldNetns = asksInside ? netns : undefined;
    if (kept !== undefined) this.#replaceRules(kept, rules, heldNetns);
    else if (sockets !== undefined) {
      const served = new ServedSandbox(this.#parts, sockets, rules);
      this.#sandboxes.set(spec.id, { served, place, netns: heldNetns });
    }
  }

  /** Questions on their way go on when the servers stay the same, as when a sandbox joins a network. */
  #replaceRules(sandbox: Sandbox, rules: ServingRules, netns: Netns | undefined): void {
    const { view, scope } = sandbox.served.rules;
    this.#zone.releaseView(view);
    if (scope !== undefined && scope.key === rules.scope?.key) {
      netns?.[Symbol.dispose](); // the scope has its own
      sandbox.served.replaceRules({ ...rules, scope });
    } else {
      this.#stopAsking(sandbox);
      sandbox.netns = netns;
      sandbox.served.replaceRules(rules);
    }
  }

  #removeSandbox(id: string): void {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) return;
    this.#sandboxes.delete(id);
    sandbox.served[Symbol.dispose]();
    this.#zone.releaseView(sandbox.served.rules.view);
    this.#stopAsking(sandbox);
  }

  /** Sockets inside would keep the namespace alive. Questions to the host's servers go on: others may wait for them. */
  #stopAsking({ served, netns }: Sandbox): void {
    if (netns === undefined) return;
    if (served.rules.scope !== undefined) this.#parts.forwarder.cancel(served.rules.scope);
    netns[Symbol.dispose]();
  }

  #answersOf(view: ZoneView): PreparedAnswers {
    let answers = this.#answers.get(view);
    if (answers === undefined) {
      answers = new PreparedAnswers(view);
      this.#answers.set(view, answers);
    }
    return answers;
  }
}

/** Sandboxes that ask the same servers from the host share their answers; from inside a sandbox the world may look different. */
function makeScope(upstreams: readonly Upstream[]): ForwardScope {
  return { key: upstreams.map(({ key }) => key).join(","), upstreams };
}

function makeUpstream(
  sandboxId: string,
  { address, port = DNS_PORT, from, scope }: ForwarderSpec,
  netns: Netns,
): Upstream {
  const parsed = parseIpAddress(address);
  const place = from === "host" ? "host" : `sandbox ${sandboxId}`;
  return {
    key: `${place} ${parsed}${scope === undefined ? "" : `%${scope}`} ${port}`,
    address: ipBytes(parsed),
    port,
    ...(scope !== undefined && { scope }),
    inPlace: from === "host" ? (body) => body() : (body) => inNetns(netns, body),
  };
}

function describe(error: unknown): { readonly message: string; readonly errno?: string } {
  const message = error instanceof Error ? error.message : String(error);
  return { message, ...(error instanceof SystemCallError && { errno: error.errno }) };
}

const idPool = new Uint16Array(256);
let idsLeft = 0;

/** 16 unpredictable bits. */
function randomId(): number {
  if (idsLeft === 0) {
    crypto.getRandomValues(idPool);
    idsLeft = idPool.length;
  }
  return idPool[--idsLeft] ?? 0;
}
