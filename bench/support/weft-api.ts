import type { Daemon, Place } from "../../test/support/mod.ts";
import { Api } from "./api.ts";

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

/** Makes a sandbox on one network, with a process that sleeps. */
export async function startSandbox(weft: Api, name: string, network: string): Promise<StartedSandbox> {
  const view = JSON.stringify(
    await weft.request("POST", "/sandboxes", { name, networks: [{ network }], process: sandboxProcess }),
  );
  const address = /"addresses":\["([^"/]+)/.exec(view)?.[1];
  const netnsPath = /"netnsPath":"([^"]+)"/.exec(view)?.[1];
  if (address === undefined || netnsPath === undefined) throw new Error(`Cannot read weft's answer: ${view}`);
  return { name, address, netnsPath };
}
