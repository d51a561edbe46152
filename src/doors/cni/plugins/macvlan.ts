import {
  attachToParent,
  checkInside,
  type MacvlanAttachmentWish,
  type MacvlanMode,
  takeOverFirst,
} from "../../../attachments/mod.ts";
import { parseLinkName } from "../../../net/mod.ts";
import { configError, unsupportedField } from "../cni-error.ts";
import { ipamResult, readIpam } from "../ipam.ts";
import type { Plugin, PluginCall } from "../plugin.ts";
import { parsePortMappings } from "../port-mappings.ts";
import type { CniResult } from "../result.ts";
import { hasLimits, readLimits } from "./bandwidth.ts";
import { linkPlugin, readMac, toContainerRoute, toResultRoute, withAddresses } from "./link.ts";

/** `type: macvlan`: a link of the container's own on the LAN of one of the host's. */
export const macvlanPlugin: Plugin = macvlan(() => ({ key: "mode", isDefaultGateway: false }));

/** `type: weft` with `mode: macvlan`. */
export const macvlanMode: Plugin = macvlan((call) => {
  refuseHostsWork(call);
  return { key: "macvlanMode", isDefaultGateway: call.config.fields.truth("isDefaultGateway") ?? false };
});

interface Dialect {
  /** The key with the macvlan's mode. */
  readonly key: string;
  readonly isDefaultGateway: boolean;
}

type MacvlanSettings = Omit<MacvlanAttachmentWish, "netnsPath" | "addresses" | "routes">;

function macvlan(readDialect: (call: PluginCall) => Dialect): Plugin {
  const read = (call: PluginCall): MacvlanSettings => readSettings(call, readDialect(call));
  return {
    ...linkPlugin,
    parse: (call) => {
      read(call);
      readIpam(call);
    },
    add: (call) => {
      const settings = read(call);
      return withAddresses(call, (own, given) => attach(call, settings, { own, given }));
    },
    check: async (call) => {
      await linkPlugin.check(call);
      const { netns, ifname } = call.environment;
      checkInside(ifname, { netnsPath: netns, macvlanMode: read(call).mode, addresses: [], routes: [] });
    },
  };
}

/** What the host does for a container whose packets pass it. */
const HOSTS_WORK = ["ipMasq", "isGateway", "hairpinMode", "promiscMode", "portIsolation", "macspoofchk"];

function refuseHostsWork(call: PluginCall): void {
  const { fields, runtime } = call.config;
  for (const key of HOSTS_WORK) if (fields.truth(key) === true) throw unsupportedField(key, true);
  if (parsePortMappings(runtime).length > 0) {
    throw unsupportedField("runtimeConfig.portMappings", runtime.value("portMappings"));
  }
  if (hasLimits(readLimits(call))) throw unsupportedField("bandwidth", runtime.value("bandwidth") ?? fields.raw);
}

const MODES: readonly MacvlanMode[] = ["bridge", "private", "vepa", "passthru"];

function readSettings({ config, environment }: PluginCall, { key, isDefaultGateway }: Dialect): MacvlanSettings {
  const { fields } = config;
  const asked = fields.text(key) || "bridge";
  const mode = MODES.find((known) => known === asked);
  if (mode === undefined) throw configError(key, `${JSON.stringify(asked)} is no mode, want ${MODES.join(", ")}`);
  const queue = fields.integer("bcqueuelen", { least: 0, most: 0xffffffff });
  if (queue !== undefined && queue !== 0) throw unsupportedField("bcqueuelen", queue);
  const mac = readMac(config, environment.args.get("MAC"));
  if (mac !== undefined && mode === "passthru") {
    throw configError("mac", `a macvlan of mode passthru has its master's address, not ${mac}`);
  }
  const master = fields.parsed("master", parseLinkName);
  const mtu = fields.integer("mtu", { least: 0, most: 65535 });
  return {
    ...{ mode, isDefaultGateway },
    masterInside: fields.truth("linkInContainer") ?? false,
    detectDuplicates: fields.truth("enabledad") ?? false,
    ...(master !== undefined && { master }),
    ...(mac !== undefined && { mac }),
    ...(mtu !== undefined && mtu !== 0 && { mtu }),
  };
}

async function attach(
  call: PluginCall,
  settings: MacvlanSettings,
  { own, given }: { readonly own: Parameters<typeof ipamResult>[1]; readonly given: CniResult | undefined },
): Promise<CniResult> {
  const { netns } = call.environment;
  const { container, addresses, routes } = await call.work(async (workplace) => {
    await takeOverFirst(workplace.store, own?.config.takeOver);
    return attachToParent(workplace, call.owner, {
      ...settings,
      netnsPath: netns,
      addresses: own === undefined ? { given: given?.ips ?? [] } : { give: own.config.wish },
      routes: (own?.config.routes ?? given?.routes ?? []).map(toContainerRoute),
    });
  });
  const size = settings.mtu !== undefined && { mtu: settings.mtu };
  return {
    interfaces: [{ name: container.name, mac: container.mac, ...size, sandbox: netns }],
    ips: addresses.map((ip) => ({ ...ip, interface: 0 })),
    routes: routes.map(toResultRoute),
    dns: given?.dns ?? ipamResult(call, own).dns,
  };
}
