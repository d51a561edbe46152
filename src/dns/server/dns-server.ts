import { closeDescriptor, signalEventFd } from "../../sys/mod.ts";
import type { DnsCommand, DnsFailure, DnsReport, DnsRequest, DnsStatistics } from "./commands.ts";

interface Waiting {
  readonly resolve: (report: DnsReport) => void;
  readonly reject: (error: Error) => void;
}

type RequestBody = DnsRequest extends infer R ? (R extends DnsRequest ? Omit<R, "sequence"> : never) : never;

/** What the thread and its proxy share: requests on their way, and why the thread died, if it did. */
interface Link {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
  failure: Error | undefined;
}

/** The name server of all sandboxes, as the main thread sees it: a Worker that gets batches of commands. */
export class DnsServer implements AsyncDisposable {
  readonly #link: Link;
  readonly #wakeFd: number;
  #sequence = 0;
  #stopped = false;

  /** Private to `startDnsServer`. */
  constructor(link: Link, wakeFd: number) {
    this.#link = link;
    this.#wakeFd = wakeFd;
  }

  /**
   * Carries out a batch in order. When the promise is there, every name of the batch is served.
   *
   * @returns The commands that failed; the others were carried out.
   */
  async apply(commands: readonly DnsCommand[]): Promise<readonly DnsFailure[]> {
    const report = await this.#request({ kind: "apply", commands });
    return report.kind === "applied" ? report.failures : [];
  }

  async statistics(): Promise<DnsStatistics> {
    const report = await this.#request({ kind: "statistics" });
    if (report.kind !== "statistics") throw new Error("Cannot read the name server's statistics: it is gone");
    return report.statistics;
  }

  /** Closes all sockets and ends the thread. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stopped) return;
    if (this.#link.failure === undefined) {
      const stopping = this.#request({ kind: "stop" });
      this.#stopped = true; // no request may follow: the worker closes the descriptor that would wake it
      await stopping;
    }
    this.#stopped = true;
    this.#link.worker.terminate();
  }

  #request(body: RequestBody): Promise<DnsReport> {
    const { worker, waiting, failure } = this.#link;
    if (failure !== undefined) return Promise.reject(failure);
    if (this.#stopped) return Promise.reject(new Error("Cannot command the name server: it was stopped"));
    const sequence = ++this.#sequence;
    const answered = new Promise<DnsReport>((resolve, reject) => waiting.set(sequence, { resolve, reject }));
    worker.postMessage({ ...body, sequence } satisfies DnsRequest);
    signalEventFd(this.#wakeFd);
    return answered;
  }
}

export interface DnsServerEvents {
  /** The thread died: no sandbox has names any more until another server is started and told everything. */
  readonly onFailure?: (error: Error) => void;
  /** Something went wrong that should not; the thread goes on. */
  readonly onFault?: (message: string) => void;
}

/** Starts the thread; the caller disposes of it. */
export function startDnsServer({ onFailure, onFault }: DnsServerEvents = {}): Promise<DnsServer> {
  const worker = new Worker(new URL("./dns-worker.ts", import.meta.url), { smol: true });
  const link: Link = { worker, waiting: new Map(), failure: undefined };
  return new Promise((resolve, reject) => {
    let wakeFd: number | undefined;
    worker.onerror = (event) => {
      if (link.failure !== undefined) return;
      const error = new Error(`Cannot go on serving names: ${event.message}`);
      link.failure = error;
      reject(error);
      for (const waiting of link.waiting.values()) waiting.reject(error);
      link.waiting.clear();
      if (wakeFd !== undefined) closeDescriptor(wakeFd); // nobody signals it any more
      onFailure?.(error);
    };
    worker.onmessage = (event: MessageEvent<DnsReport>) => {
      const report = event.data;
      if (report.kind === "ready") {
        wakeFd = report.wakeFd;
        resolve(new DnsServer(link, wakeFd));
      } else if (report.kind === "fault") onFault?.(report.message);
      else {
        link.waiting.get(report.sequence)?.resolve(report);
        link.waiting.delete(report.sequence);
      }
    };
  });
}
