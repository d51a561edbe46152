import type { Daemon, Place } from "../../test/support/mod.ts";

/** Asks the daemon as any program would, over its unix socket; dockerd is asked the same way. */
export async function weftRequest(
  daemon: Pick<Daemon, "socket">,
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

export interface StartedSandbox extends Place {
  readonly name: string;
  /** Its first, on its first network. */
  readonly address: string;
}

/** Makes a sandbox on one network, with a process that sleeps. */
export async function startSandbox(daemon: Daemon, name: string, network: string): Promise<StartedSandbox> {
  const body = { name, networks: [{ network }], process: sandboxProcess };
  const view = await weftRequest(daemon, "POST", "/sandboxes", body);
  const found = /"addresses":\["([^"/]+)/.exec(JSON.stringify(view))?.[1];
  const path = /"netnsPath":"([^"]+)"/.exec(JSON.stringify(view))?.[1];
  if (found === undefined || path === undefined) throw new Error(`Cannot read weft's answer: ${JSON.stringify(view)}`);
  return { name, address: found, netnsPath: path };
}
