import { type ContainerRoute, checkInside, checkPart, deleteContainerLink } from "../../../attachments/mod.ts";
import { type MacAddress, parseMacAddress } from "../../../net/mod.ts";
import { CniError, CniErrorCode } from "../cni-error.ts";
import { readValue } from "../fields.ts";
import { foreignIpam, type OwnIpam, readIpam } from "../ipam.ts";
import type { NetworkConfig } from "../network-config.ts";
import type { Plugin, PluginCall } from "../plugin.ts";
import { type CniResult, containerIps, type ResultRoute } from "../result.ts";

/** What all plugins that make a container's link have in common. */
export const linkPlugin: Omit<Plugin, "parse" | "add"> = {
  kinds: ["link", "addresses"],
  check: async (call) => {
    const { previous } = call.config;
    if (previous === undefined) throw new CniError(CniErrorCode.invalidConfig, "prevResult is missing: CHECK needs it");
    foreignIpam(call, "CHECK");
    await call.work((workplace) => checkPart(workplace, call.owner, "link"));
    checkContainer(call, previous);
  },
  afterDelete: (call, found) => {
    const { netns, ifname } = call.environment;
    // Of a link that somebody else made, or whose record is lost, only the name is known.
    if (netns !== "" && !found.some(({ kind }) => kind === "link")) deleteContainerLink(netns, ifname);
    foreignIpam(call, "DEL");
  },
  status: (call) => foreignIpam(call, "STATUS"),
  afterCollect: (call) => foreignIpam(call, "GC"),
};

/**
 * Makes a link whose addresses a foreign plugin gives, or we; what that gave is given back when the link cannot be made.
 *
 * @param attach `own` says how we give them, `given` what was given.
 */
export async function withAddresses(
  call: PluginCall,
  attach: (own: OwnIpam | undefined, given: CniResult | undefined) => Promise<CniResult>,
): Promise<CniResult> {
  const ipam = readIpam(call);
  if (ipam.kind !== "foreign") return attach(ipam.kind === "own" ? ipam : undefined, undefined);
  const given = call.delegate(ipam.type, "ADD");
  try {
    return await attach(undefined, given);
  } catch (error) {
    call.delegate(ipam.type, "DEL");
    throw error;
  }
}

/** Whether the container has what the result said. */
function checkContainer({ environment }: PluginCall, previous: CniResult): void {
  const { netns, ifname } = environment;
  const own = previous.interfaces.find(({ name, sandbox }) => name === ifname && sandbox !== undefined);
  checkInside(ifname, {
    netnsPath: netns,
    ...(own?.mac !== undefined && { mac: own.mac }),
    addresses: containerIps(previous).map(({ address }) => address),
    routes: previous.routes.map(({ dst, gw }) => ({ destination: dst, ...(gw !== undefined && { gateway: gw }) })),
  });
}

/** The capability wins over `args`, and that over CNI_ARGS. */
export function readMac(config: NetworkConfig, argument: string | undefined): MacAddress | undefined {
  return (
    config.runtime.parsed("mac", parseMacAddress) ??
    config.cniArgs.parsed("mac", parseMacAddress) ??
    (argument === undefined || argument === "" ? undefined : readValue("CNI_ARGS.MAC", argument, parseMacAddress))
  );
}

export function toContainerRoute({ dst, gw, advmss, ...rest }: ResultRoute) {
  return {
    destination: dst,
    ...(gw !== undefined && { gateway: gw }),
    ...(advmss !== undefined && { advertisedMss: advmss }),
    ...rest,
  };
}

export function toResultRoute({ destination, gateway, advertisedMss, ...rest }: ContainerRoute): ResultRoute {
  return {
    dst: destination,
    ...(gateway !== undefined && { gw: gateway }),
    ...(advertisedMss !== undefined && { advmss: advertisedMss }),
    ...rest,
  };
}
