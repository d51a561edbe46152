import {
  attachToBridge,
  type BridgeAttachment,
  type BridgeAttachmentWish,
  checkInside,
  checkPart,
  deleteContainerLink,
} from "../../../attachments/mod.ts";
import { type LinkName, type MacAddress, parseLinkName, parseMacAddress } from "../../../net/mod.ts";
import { CniError, CniErrorCode, configError, unsupportedField } from "../cni-error.ts";
import { readValue } from "../fields.ts";
import { foreignIpam, ipamResult, type OwnIpam, readIpam } from "../ipam.ts";
import type { NetworkConfig } from "../network-config.ts";
import type { Plugin, PluginCall } from "../plugin.ts";
import { type CniResult, containerIps, type ResultRoute } from "../result.ts";

/** `type: bridge`, and `type: weft` with `mode: bridge`. */
export const bridgePlugin: Plugin = {
  kinds: ["link", "addresses"],
  parse: (call) => {
    readBridge(call);
    readIpam(call);
  },
  add: async (call) => {
    const settings = readBridge(call);
    const ipam = readIpam(call);
    if (ipam.kind !== "foreign") return await attach(call, settings, ipam.kind === "own" ? ipam : undefined);
    const given = call.delegate(ipam.type, "ADD");
    try {
      return await attach(call, settings, undefined, given);
    } catch (error) {
      call.delegate(ipam.type, "DEL");
      throw error;
    }
  },
  check: async (call) => {
    const { previous } = call.config;
    if (previous === undefined) throw new CniError(CniErrorCode.invalidConfig, "prevResult is missing: CHECK needs it");
    foreignIpam(call, "CHECK");
    await call.work((workplace) => checkPart(workplace, call.owner, "link"));
    checkContainer(call, previous);
  },
  afterDelete: (call, found) => {
    const { netns, ifname } = call.environment;
    if (!found && netns !== "") deleteContainerLink(netns, ifname);
    foreignIpam(call, "DEL");
  },
  status: (call) => foreignIpam(call, "STATUS"),
  afterCollect: (call) => foreignIpam(call, "GC"),
};

/** Whether the container has what the result said. */
export function checkContainer({ environment }: PluginCall, previous: CniResult): void {
  const { netns, ifname } = environment;
  const own = previous.interfaces.find(({ name, sandbox }) => name === ifname && sandbox !== undefined);
  checkInside(ifname, {
    netnsPath: netns,
    ...(own?.mac !== undefined && { mac: own.mac }),
    addresses: containerIps(previous).map(({ address }) => address),
    routes: previous.routes.map(({ dst, gw }) => ({ destination: dst, ...(gw !== undefined && { gateway: gw }) })),
  });
}

type BridgeSettings = Omit<BridgeAttachmentWish, "netnsPath" | "addresses" | "routes">;

/** Keys of the reference plugin that ours does not serve, where they ask for something. */
const NOT_SERVED = ["vlan", "vlanTrunk", "disableContainerInterface"];

function readBridge({ config, environment }: PluginCall): BridgeSettings {
  const { fields } = config;
  for (const key of NOT_SERVED) {
    const value = fields.value(key);
    if (value !== undefined && value !== 0 && value !== false) throw unsupportedField(key, value);
  }
  const backend = fields.text("ipMasqBackend");
  if (backend !== undefined && backend !== "" && backend !== "nftables" && backend !== "iptables") {
    throw configError("ipMasqBackend", `${JSON.stringify(backend)} is neither iptables nor nftables`);
  }
  const isDefaultGateway = fields.truth("isDefaultGateway") ?? false;
  const hairpin = fields.truth("hairpinMode") ?? false;
  const promiscuous = fields.truth("promiscMode") ?? false;
  if (hairpin && promiscuous) throw configError("promiscMode", "it cannot be set with hairpinMode");
  const mac = readMac(config, environment.args.get("MAC"));
  const mtu = fields.integer("mtu", { least: 0, most: 65535 });
  return {
    bridge: fields.parsed("bridge", parseLinkName) ?? ("cni0" as LinkName),
    isGateway: isDefaultGateway || (fields.truth("isGateway") ?? false),
    forceAddress: fields.truth("forceAddress") ?? false,
    masquerade: fields.truth("ipMasq") ?? false,
    isolated: fields.truth("portIsolation") ?? false,
    checkSender: fields.truth("macspoofchk") ?? false,
    detectDuplicates: fields.truth("enabledad") ?? false,
    ...{ isDefaultGateway, hairpin, promiscuous },
    ...(mac !== undefined && { mac }),
    ...(mtu !== undefined && mtu !== 0 && { mtu }),
  };
}

/** The capability wins over `args`, and that over CNI_ARGS. */
export function readMac(config: NetworkConfig, argument: string | undefined): MacAddress | undefined {
  return (
    config.runtime.parsed("mac", parseMacAddress) ??
    config.cniArgs.parsed("mac", parseMacAddress) ??
    (argument === undefined || argument === "" ? undefined : readValue("CNI_ARGS.MAC", argument, parseMacAddress))
  );
}

async function attach(
  call: PluginCall,
  settings: BridgeSettings,
  own?: OwnIpam,
  given?: CniResult,
): Promise<CniResult> {
  const routes = own?.config.routes ?? given?.routes ?? [];
  const attachment = await call.work((workplace) =>
    attachToBridge(workplace, call.owner, {
      ...settings,
      netnsPath: call.environment.netns,
      addresses: own === undefined ? { given: given?.ips ?? [] } : { give: own.config.wish },
      routes: routes.map(toContainerRoute),
    }),
  );
  return toResult(call, attachment, settings.mtu, given?.dns ?? ipamResult(call, own).dns);
}

export function toContainerRoute({ dst, gw, advmss, ...rest }: ResultRoute) {
  return {
    destination: dst,
    ...(gw !== undefined && { gateway: gw }),
    ...(advmss !== undefined && { advertisedMss: advmss }),
    ...rest,
  };
}

function toResult(
  { environment }: PluginCall,
  { bridge, host, container, addresses, routes }: BridgeAttachment,
  mtu: number | undefined,
  dns: CniResult["dns"],
): CniResult {
  const size = mtu !== undefined && { mtu };
  return {
    interfaces: [
      { name: bridge.name, mac: bridge.mac, ...size },
      { name: host.name, mac: host.mac, ...size },
      { name: container.name, mac: container.mac, ...size, sandbox: environment.netns },
    ],
    ips: addresses.map((ip) => ({ ...ip, interface: 2 })),
    routes: routes.map(({ destination, gateway, advertisedMss, onlink: _, ...rest }) => ({
      dst: destination,
      ...(gateway !== undefined && { gw: gateway }),
      ...(advertisedMss !== undefined && { advmss: advertisedMss }),
      ...rest,
    })),
    dns,
  };
}
