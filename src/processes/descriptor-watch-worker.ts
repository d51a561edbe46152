import { waitForSet } from "../sys/mod.ts";
import type { WatchOrder, WatchReport } from "./descriptor-watch-protocol.ts";

/** The thread that waits for descriptors to become readable, and does nothing else: it blocks in the kernel, not in Bun's loop. */
declare const self: Worker;

function report(message: WatchReport): void {
  self.postMessage(message);
}

function watch({ set, stopToken }: WatchOrder): void {
  for (;;) {
    const tokens = waitForSet(set);
    if (tokens.length > 0) report({ kind: "readable", tokens });
    if (tokens.includes(stopToken)) return;
  }
}

self.onmessage = (event: MessageEvent<WatchOrder>) => {
  watch(event.data);
  report({ kind: "stopped" });
  self.onmessage = null; // nothing is left to wait for: the thread ends
};
report({ kind: "ready" });
