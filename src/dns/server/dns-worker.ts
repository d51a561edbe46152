import { unreachable } from "../../lib/mod.ts";
import { closeDescriptor, closeHomeNetns, drainEventFd, openEventFd } from "../../sys/mod.ts";
import type { DnsReport, DnsRequest } from "./commands.ts";
import { EventLoop } from "./event-loop.ts";
import { NameServer } from "./name-server.ts";

/**
 * The thread of the name server. It sleeps in its own loop, where no event of Bun's can wake it: so the main thread signals `wakeFd` after
 * every message, and the thread then serves Bun's events until as many messages have come as were signalled.
 */
declare const self: Worker;

const wakeFd = openEventFd();
const loop = new EventLoop();
const server = new NameServer(loop);
const pause = new Int32Array(new SharedArrayBuffer(4));
const FAULT_PAUSE_MS = 5;
let announced = 0;
let received = 0;
let stopped: number | undefined;
/** A request that cannot be carried out leaves us with we do not know what: another thread begins anew. */
let fatal: { readonly error: unknown } | undefined;

function report(message: DnsReport): void {
  self.postMessage(message);
}

function handle(request: DnsRequest): void {
  const { sequence } = request;
  switch (request.kind) {
    case "apply":
      report({ kind: "applied", sequence, failures: server.apply(request.commands) });
      return;
    case "statistics":
      report({ kind: "statistics", sequence, statistics: server.statistics });
      return;
    case "stop":
      stopped = sequence;
      return;
    default:
      unreachable(request);
  }
}

function turn(): void {
  try {
    loop.turn();
  } catch (error) {
    report({ kind: "fault", message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    // An event that fails each time would come back at once, for ever.
    Atomics.wait(pause, 0, 0, FAULT_PAUSE_MS);
  }
}

self.onmessage = (event: MessageEvent<DnsRequest>) => {
  received++;
  try {
    handle(event.data);
  } catch (error) {
    fatal = { error };
  }
};

loop.watch(wakeFd, { readable: true }, () => {
  announced += drainEventFd(wakeFd);
});
report({ kind: "ready", wakeFd });

try {
  while (stopped === undefined && fatal === undefined) {
    if (received < announced) await new Promise((resolve) => setImmediate(resolve));
    else turn();
  }
} finally {
  // Descriptors are the process's, and outlive the thread: the next one could not bind their ports.
  server[Symbol.dispose]();
  loop[Symbol.dispose]();
  closeHomeNetns();
}
if (stopped === undefined) throw fatal?.error; // the main thread hears of it, and closes `wakeFd`
closeDescriptor(wakeFd);
report({ kind: "stopped", sequence: stopped });
self.onmessage = null;
