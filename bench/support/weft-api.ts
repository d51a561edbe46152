import type { Daemon } from "../../test/support/mod.ts";

/** Asks the daemon as any program would, over its unix socket; dockerd is asked the same way. */
export async function weftRequest(
  daemon: Daemon,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<unknown> {
  const json = body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const response = await fetch(`http://weft/v1${path}`, { unix: daemon.socket, method, ...json });
  const text = await response.text();
  if (!response.ok) throw new Error(`Cannot ${method} ${path}: weft answers ${response.status}: ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

/** The process that a sandbox of a bench runs: the same that a container of Docker's does. */
export const sandboxProcess = { command: ["/bin/busybox", "sleep", "1000000"] };
