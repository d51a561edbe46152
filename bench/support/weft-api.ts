import { Api, type Daemon, type Place } from "../../test/support/mod.ts";

export function openWeft({ socket }: Pick<Daemon, "socket">): Promise<Api> {
  return Api.open({ socket, prefix: "/v1", of: "weft" });
}

/** The process that a sandbox of a bench runs: the same that a container of Docker's does. */
export const sandboxProcess = { command: ["/bin/busybox", "sleep", "1000000"] };

export interface StartedSandbox extends Place {
  readonly name: string;
  /** Its first, on its first network. */
  readonly address: string;
}

export interface SandboxOptions {
  readonly network: string;
  /** A TCP port of the sandbox, published on a port of the engine's choice. */
  readonly publish?: number;
}

/** Makes a sandbox on one network, with a process that sleeps. */
export async function startSandbox(
  weft: Api,
  name: string,
  { network, publish }: SandboxOptions,
): Promise<StartedSandbox> {
  const ports = publish === undefined ? [] : [{ sandboxPorts: String(publish) }];
  const body = { name, networks: [{ network }], ports, process: sandboxProcess };
  const view = JSON.stringify(await weft.request("POST", "/sandboxes", body));
  const address = /"addresses":\["([^"/]+)/.exec(view)?.[1];
  const netnsPath = /"netnsPath":"([^"]+)"/.exec(view)?.[1];
  if (address === undefined || netnsPath === undefined) throw new Error(`Cannot read weft's answer: ${view}`);
  return { name, address, netnsPath };
}
