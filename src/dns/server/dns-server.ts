import { signalEventFd } from "../../sys/mod.ts";
import type { DnsCommand, DnsFailure, DnsReport, DnsRequest, DnsStatistics } from "./commands.ts";

interface Waiting {
  readonly resolve: (report: DnsReport) => void;
  readonly reject: (error: Error) => void;
}

type RequestBody = DnsRequest extends infer R ? (R extends DnsRequest ? Omit<R, "sequence"> : never) : never;

/** The name server of all sandboxes, as the main thread sees it: a Worker that gets batches of commands. */
export class DnsServer implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #wakeFd: number;
  readonly #waiting: Map<number, Waiting>;
  #sequence = 0;
  #stopped = false;

  /** Private to `startDnsServer`. */
  constructor(worker: Worker, wakeFd: number, waiting: Map<number, Waiting>) {
    this.#worker = worker;
    this.#wakeFd = wakeFd;
    this.#waiting = waiting;
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
    const stopping = this.#request({ kind: "stop" });
    this.#stopped = true;
    await stopping;
    this.#worker.terminate();
  }

  #request(body: RequestBody): Promise<DnsReport> {
    if (this.#stopped) return Promise.reject(new Error("Cannot command the name server: it was stopped"));
    const sequence = ++this.#sequence;
    const answered = new Promise<DnsReport>((resolve, reject) => this.#waiting.set(sequence, { resolve, reject }));
    this.#worker.postMessage({ ...body, sequence } satisfies DnsRequest);
    signalEventFd(this.#wakeFd);
    return answered;
  }
}

/** Starts the thread; the caller disposes of it. @param onFailure The thread died: no sandbox has names any more. */
export function startDnsServer({
  onFailure,
}: {
  readonly onFailure?: (error: Error) => void;
} = {}): Promise<DnsServer> {
  const worker = new Worker(new URL("./dns-worker.ts", import.meta.url), { smol: true });
  const waiting = new Map<number, Waiting>();
  const fail = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    onFailure?.(error);
  };
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => {
      const error = new Error(`Cannot go on serving names: ${event.message}`);
      reject(error);
      fail(error);
    };
    worker.onmessage = (event: MessageEvent<DnsReport>) => {
      const report = event.data;
      if (report.kind === "ready") return resolve(new DnsServer(worker, report.wakeFd, waiting));
      waiting.get(report.sequence)?.resolve(report);
      waiting.delete(report.sequence);
    };
  });
}
