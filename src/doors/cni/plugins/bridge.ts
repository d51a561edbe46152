import {
  attachToBridge,
  type BridgeAttachment,
  type BridgeAttachmentWish,
  takeOverFirst,
} from "../../../attachments/mod.ts";
import { type LinkName, parseLinkName } from "../../../net/mod.ts";
import { configError, unsupportedField } from "../cni-error.ts";
import { ipamResult, type OwnIpam, readIpam } from "../ipam.ts";
import type { Plugin, PluginCall } from "../plugin.ts";
import type { CniResult } from "../result.ts";
import { linkPlugin, readMac, toContainerRoute, toResultRoute, withAddresses } from "./link.ts";

/** `type: bridge`, and `type: weft` with `mode: bridge`. */
export const bridgePlugin: Plugin = {
  ...linkPlugin,
  parse: (call) => {
    readBridge(call);
    readIpam(call);
  },
  add: (call) => {
    const settings = readBridge(call);
    return withAddresses(call, (own, given) => attach(call, settings, own, given));
  },
};
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

async function attach(
  call: PluginCall,
  settings: BridgeSettings,
  own?: OwnIpam,
  given?: CniResult,
): Promise<CniResult> {
  const routes = own?.config.routes ?? given?.routes ?? [];
  const attachment = await call.work(async (workplace) => {
    await takeOverFirst(workplace.store, own?.config.takeOver);
    return attachToBridge(workplace, call.owner, {
      ...settings,
      netnsPath: call.environment.netns,
      addresses: own === undefined ? { given: given?.ips ?? [] } : { give: own.config.wish },
      routes: routes.map(toContainerRoute),
    });
  });
  return toResult(call, attachment, settings.mtu, given?.dns ?? ipamResult(call, own).dns);
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
    routes: routes.map(toResultRoute),
    dns,
  };
}
