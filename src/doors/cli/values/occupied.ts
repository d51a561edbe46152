import type { ClientContract } from "../../../contract/mod.ts";
import type { NamedSpace } from "../../../insight/address-plan/mod.ts";
import { isNobodyThere } from "../starting-client.ts";

/** For people who may think that networks were looked at. */
export const NO_DAEMON = "weft: no daemon runs: only this host was looked at";

/** Address space that is taken here. */
export interface OccupiedHere {
  readonly spaces: readonly NamedSpace[];
  /** Whether one was there to be asked. */
  readonly daemon: boolean;
}

/**
 * What this host has, and the networks of a daemon that runs.
 *
 * @param client One that starts no daemon.
 */
export async function readOccupied(client: ClientContract): Promise<OccupiedHere> {
  const networks = await askNetworks(client);
  const { listHostSpace } = await import("../../../insight/host-space/mod.ts");
  // A network's own route and address say nothing that the network does not.
  const ours = new Set(networks?.map(({ prefix }) => prefix));
  const host = listHostSpace().filter(({ prefix }) => !ours.has(prefix));
  return { spaces: [...(networks ?? []), ...host], daemon: networks !== undefined };
}

async function askNetworks(client: ClientContract): Promise<readonly NamedSpace[] | undefined> {
  try {
    const networks = await client.listNetworks({});
    return networks.flatMap(({ name, subnets }) =>
      subnets.map(({ prefix }) => ({ kind: "network", prefix, by: `network ${name}, ${prefix}` }) as const),
    );
  } catch (error) {
    if (isNobodyThere(error)) return undefined;
    throw error;
  }
}
