import type { Api, Dockerd } from "../../test/support/mod.ts";
import { timed } from "./measure.ts";
import { type StartedSandbox, startSandbox } from "./weft-api.ts";

export interface CrowdSpec {
  readonly networks: number;
  readonly sandboxes: number;
}

export interface Crowd {
  readonly sandboxes: readonly StartedSandbox[];
  /** Milliseconds that each took, in order. */
  readonly times: readonly number[];
}

/** Makes the networks, then the sandboxes one after the other, spread over them evenly, each with a process that sleeps. */
export async function bringUpCrowd(weft: Api, { networks, sandboxes }: CrowdSpec): Promise<Crowd> {
  await createNetworks(weft, networks);
  return addSandboxes(weft, { networks, sandboxes });
}

/** Named `net-0` and so on. */
export async function createNetworks(weft: Api, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await weft.request("POST", "/networks", { name: `net-${index}` });
}

/** On networks that are there. */
export async function addSandboxes(weft: Api, { networks, sandboxes }: CrowdSpec): Promise<Crowd> {
  const started: StartedSandbox[] = [];
  const times: number[] = [];
  for (let index = 0; index < sandboxes; index++) {
    const network = `net-${index % networks}`;
    times.push(
      await timed(async () => started.push(await startSandbox(weft, `box-${index}`, { network, publish: 80 }))),
    );
    if (process.stderr.isTTY) process.stderr.write(`\r${index + 1} sandboxes\x1b[K`);
  }
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  return { sandboxes: started, times };
}

/** As many containers of Docker's, likewise. @returns Milliseconds that each took, in order. */
export async function bringUpContainers(
  dockerd: Dockerd,
  { networks, sandboxes }: CrowdSpec,
): Promise<readonly number[]> {
  const times: number[] = [];
  for (let index = 0; index < sandboxes; index++) {
    const options = { network: `net-${index % networks}`, publish: 80 };
    times.push(await timed(() => dockerd.startContainer(`box-${index}`, options)));
  }
  return times;
}
