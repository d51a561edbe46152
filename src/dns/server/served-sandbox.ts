import { acceptSocket, type DatagramBatch, nap } from "../../sys/mod.ts";
import {
  codeAnswer,
  type PreparedAnswer,
  prepareAnswer,
  type Query,
  RecordType,
  ResponseCode,
  readQuery,
  rejectionAnswer,
  renderAnswer,
  renderReply,
  udpLimit,
} from "../codec/mod.ts";
import type { CachedReply, Forwarder, ForwardScope } from "../resolver/mod.ts";
import type { ZoneView } from "../zone/mod.ts";
import type { Counters } from "./counters.ts";
import type { EventLoop } from "./event-loop.ts";
import type { PreparedAnswers } from "./prepared-answers.ts";
import type { ServingSockets } from "./serving-sockets.ts";
import { TcpConnection } from "./tcp-connection.ts";

/**
 * How long clients may keep our names, in seconds. Short, because an address moves with its sandbox and to ask again costs
 * microseconds; not 0, because some caches misread that, and a client that asks for every request may keep it a moment.
 */
export const LOCAL_TTL_SECONDS = 5;

const MAX_TCP_BYTES = 65_535;
const MAX_CONNECTIONS = 64;
const MAX_FORWARDS = 256;
/** Batches of one sandbox before the others have their turn. */
const MAX_BATCHES = 4;
/** A batch as big as this shows load: sleeping a moment lets the next one gather, and saves the senders a wake-up for each query. */
const BATCH_UNDER_LOAD = 8;
const RETRY_ACCEPT_MS = 100;

/** What all sandboxes of the server share. */
export interface ServerParts {
  readonly loop: EventLoop;
  readonly batch: DatagramBatch;
  /** For answers that come later, while `batch` may hold others. */
  readonly late: DatagramBatch;
  readonly forwarder: Forwarder;
  readonly counters: Counters;
}

/** What a sandbox may ask, and whom. Replaced as a whole when its networks or servers change. */
export interface ServingRules {
  readonly view: ZoneView;
  readonly answers: PreparedAnswers;
  /** Where unknown names are asked; `undefined`: nowhere, they do not exist. */
  readonly scope: ForwardScope | undefined;
  readonly ndotsSet: boolean;
}

/** Answers the queries of one sandbox. */
export class ServedSandbox implements Disposable {
  readonly #parts: ServerParts;
  readonly #sockets: ServingSockets;
  readonly #connections = new Set<TcpConnection>();
  #rules: ServingRules;
  #forwards = 0;
  #rotation = 0;
  #closed = false;

  /** Owns `sockets` from here. */
  constructor(parts: ServerParts, sockets: ServingSockets, rules: ServingRules) {
    this.#parts = parts;
    this.#sockets = sockets;
    this.#rules = rules;
    parts.loop.watch(sockets.udp, { readable: true }, () => this.#receiveDatagrams());
    parts.loop.watch(sockets.tcp, { readable: true }, () => this.#acceptConnection());
  }

  get rules(): ServingRules {
    return this.#rules;
  }

  replaceRules(rules: ServingRules): void {
    this.#rules = rules;
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const connection of [...this.#connections]) connection[Symbol.dispose]();
    this.#parts.loop.unwatch(this.#sockets.udp);
    this.#parts.loop.unwatch(this.#sockets.tcp);
    this.#sockets[Symbol.dispose]();
  }

  #receiveDatagrams(): void {
    const { batch, counters } = this.#parts;
    const { udp } = this.#sockets;
    let count = 0;
    for (let round = 0; round < MAX_BATCHES; round++) {
      count = batch.receive(udp);
      for (let slot = 0; slot < count; slot++) {
        counters.queries++;
        if (this.#rules.answers.reply(batch, slot)) counters.local++;
        else this.#answerDatagram(slot);
      }
      batch.flush(udp);
      if (count < batch.slots) break;
    }
    if (count >= BATCH_UNDER_LOAD && count < batch.slots) nap(1);
  }

  #answerDatagram(slot: number): void {
    const { batch, late } = this.#parts;
    const start = batch.offset(slot);
    const message = batch.received.slice(start, start + batch.length(slot));
    let peer: Uint8Array | undefined;
    let sync = true;
    this.#answer(message, "udp", (answer) => {
      if (answer === undefined || this.#closed) return;
      if (sync) {
        batch.replies.set(answer, batch.replyOffset());
        batch.reply(slot, answer.length);
      } else if (peer !== undefined) late.sendTo(this.#sockets.udp, peer, answer);
    });
    sync = false;
    peer = batch.peer(slot);
  }

  #acceptConnection(): void {
    const { loop, counters } = this.#parts;
    const accepted = acceptSocket(this.#sockets.tcp);
    if (accepted === "none") return;
    if (accepted === "exhausted") {
      // The loop would report the waiting connection again and again.
      loop.change(this.#sockets.tcp, {});
      loop.after(RETRY_ACCEPT_MS, () => {
        if (!this.#closed) loop.change(this.#sockets.tcp, { readable: true });
      });
      return;
    }
    const [oldest] = this.#connections;
    if (this.#connections.size >= MAX_CONNECTIONS) oldest?.[Symbol.dispose]();
    counters.tcpConnections++;
    const connection = new TcpConnection(accepted, loop, {
      query: (message, answer) => {
        counters.queries++;
        this.#answer(message, "tcp", answer);
      },
      closed: () => {
        counters.tcpConnections--;
        this.#connections.delete(connection);
      },
    });
    this.#connections.add(connection);
  }

  /** `send` is called once, now or later; with `undefined` when no answer is due. */
  #answer(message: Uint8Array, protocol: "udp" | "tcp", send: (answer: Uint8Array | undefined) => void): void {
    const { counters } = this.#parts;
    const query = readQuery(message);
    if (query === undefined) {
      send(undefined);
      return;
    }
    if (query.kind === "rejected") {
      counters.rejected++;
      send(rejectionAnswer(query));
      return;
    }
    const limitBytes = protocol === "tcp" ? MAX_TCP_BYTES : udpLimit(query.edns);
    const local = this.#prepareLocal(query);
    if (local !== undefined) {
      counters.local++;
      send(renderAnswer(local, query, { rotation: this.#rotation++, limitBytes }));
      return;
    }
    this.#forward(query, (outcome) => {
      send(
        typeof outcome === "number"
          ? codeAnswer(query, outcome)
          : renderReply(outcome.reply, query, { ...outcome, limitBytes }),
      );
    });
  }

  #prepareLocal(query: Query): PreparedAnswer | undefined {
    const { view, answers, ndotsSet } = this.#rules;
    const records = view.find(query.name, query.type);
    if (records !== undefined) {
      const prepared = prepareAnswer(foldQuestion(query.question), records, { ttlSeconds: LOCAL_TTL_SECONDS });
      answers.add(prepared);
      return prepared;
    }
    const addressAsked = query.type === RecordType.A || query.type === RecordType.AAAA;
    // As Docker does: the client goes on with its search list, and the name does not leave the machine.
    if (ndotsSet && addressAsked && !query.name.includes("."))
      return prepareAnswer(query.question, [], { ttlSeconds: 0 });
    return undefined;
  }

  #forward(query: Query, done: (outcome: CachedReply | ResponseCode) => void): void {
    const { forwarder, counters } = this.#parts;
    const { scope } = this.#rules;
    // A sandbox on internal networks only: nothing but our names exists for it. At once, and final for the client, where SERVFAIL or
    // REFUSED would make it try again.
    if (scope === undefined) {
      done(ResponseCode.nameError);
      return;
    }
    const cached = forwarder.cached(scope, query);
    if (cached !== undefined) {
      counters.cacheHits++;
      done(cached);
      return;
    }
    if (this.#forwards >= MAX_FORWARDS) {
      counters.overLimit++;
      done(ResponseCode.refused);
      return;
    }
    counters.forwarded++;
    this.#forwards++;
    forwarder.ask(scope, query, (outcome) => {
      this.#forwards--;
      if (outcome === undefined) counters.forwardFailures++;
      done(outcome ?? ResponseCode.serverFailure);
    });
  }
}

/** The question with its name in lower case: length bytes are below the letters. */
function foldQuestion(question: Uint8Array): Uint8Array {
  const nameEnd = question.length - 4;
  return question.map((byte, index) => (index < nameEnd && byte >= 65 && byte <= 90 ? byte | 32 : byte));
}
