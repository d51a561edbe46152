import type { Daemon } from "./daemon.ts";

/** The daemon's answer that it does not do what it was asked to. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;
  readonly kind: string;

  constructor(status: number, kind: string, message: string) {
    super(message);
    this.status = status;
    this.kind = kind;
  }
}

/**
 * Asks the daemon as any program would, by a path below /v1.
 *
 * @throws {Refused} When it says no; any other error: it could not be asked, or went away meanwhile.
 */
export async function request(
  daemon: Pick<Daemon, "socket">,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<unknown> {
  const json = body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const response = await fetch(`http://weft/v1${path}`, { unix: daemon.socket, method, keepalive: false, ...json });
  const answer: unknown = await response.json();
  if (response.ok) return answer;
  const { kind, message } = (answer as { readonly error: { readonly kind: string; readonly message: string } }).error;
  throw new Refused(response.status, kind, message);
}

/** The daemon's events from now on, as they come. */
export interface Events extends AsyncDisposable {
  readonly seen: readonly { readonly kind: string; readonly detail?: string; readonly sandbox?: string }[];
}

/** Watches the daemon's events; when the promise is there, none is missed. */
export async function watchEvents(daemon: Pick<Daemon, "socket">): Promise<Events> {
  const closing = new AbortController();
  const response = await fetch("http://weft/v1/events", { unix: daemon.socket, signal: closing.signal });
  const seen: Events["seen"][number][] = [];
  const reading = (async () => {
    let pending = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      const lines = (pending + decoder.decode(chunk, { stream: true })).split("\n");
      pending = lines.pop() ?? "";
      for (const line of lines) if (line !== "") seen.push(JSON.parse(line));
    }
  })().catch(() => undefined); // it ends when we or the daemon go
  return {
    seen,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await reading;
    },
  };
}
