import { attachByRoute, type RoutedAttachmentWish, takeOverFirst } from "../../../attachments/mod.ts";
import { ipamResult, readIpam } from "../ipam.ts";
import type { Plugin, PluginCall } from "../plugin.ts";
import type { CniResult } from "../result.ts";
import { linkPlugin, readMac, toContainerRoute, toResultRoute, withAddresses } from "./link.ts";

/** `type: ptp`: a pair of links between the container and the host, which has the subnet's gateway. */
export const ptpPlugin: Plugin = routedPlugin("subnet");

/** `type: weft` with `mode: routed`. */
export const routedMode: Plugin = routedPlugin("link-local");

function routedPlugin(gateway: RoutedAttachmentWish["gateway"]): Plugin {
  return {
    ...linkPlugin,
    parse: (call) => {
      readSettings(call);
      readIpam(call);
    },
    add: (call) => withAddresses(call, (own, given) => attach(call, gateway, { own, given })),
  };
}

function readSettings({ config, environment }: PluginCall): Pick<RoutedAttachmentWish, "mac" | "mtu" | "masquerade"> {
  const mac = readMac(config, environment.args.get("MAC"));
  const mtu = config.fields.integer("mtu", { least: 0, most: 65535 });
  return {
    masquerade: config.fields.truth("ipMasq") ?? false,
    ...(mac !== undefined && { mac }),
    ...(mtu !== undefined && mtu !== 0 && { mtu }),
  };
}

async function attach(
  call: PluginCall,
  gateway: RoutedAttachmentWish["gateway"],
  { own, given }: { readonly own: Parameters<typeof ipamResult>[1]; readonly given: CniResult | undefined },
): Promise<CniResult> {
  const settings = readSettings(call);
  const { host, container, addresses, routes } = await call.work(async (workplace) => {
    await takeOverFirst(workplace.store, own?.config.takeOver);
    return attachByRoute(workplace, call.owner, {
      ...settings,
      gateway,
      netnsPath: call.environment.netns,
      addresses: own === undefined ? { given: given?.ips ?? [] } : { give: own.config.wish },
      routes: (own?.config.routes ?? given?.routes ?? []).map(toContainerRoute),
    });
  });
  const size = settings.mtu !== undefined && { mtu: settings.mtu };
  return {
    interfaces: [
      { name: host.name, mac: host.mac, ...size },
      { name: container.name, mac: container.mac, ...size, sandbox: call.environment.netns },
    ],
    ips: addresses.map((ip) => ({ ...ip, interface: 1 })),
    routes: routes.map(toResultRoute),
    dns: given?.dns ?? ipamResult(call, own).dns,
  };
}
