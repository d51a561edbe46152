import { existsSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "../../../contract/plain.ts";
import { type IpPrefix, parseIpPrefix } from "../../../net/mod.ts";
import { defineCommand } from "../command.ts";
import { option } from "../option.ts";
import { replaceWithCopy, replaceWithLink, replaceWithText } from "../values/replace-file.ts";

/** Reference plugins whose work ours does. */
const REFERENCE_NAMES = [
  "bridge",
  "ptp",
  "macvlan",
  "host-local",
  "loopback",
  "portmap",
  "firewall",
  "bandwidth",
  "tuning",
] as const;

export const cniInstall = defineCommand({
  name: "cni install",
  summary: "Put the CNI plugin and a network configuration where container runtimes look for them",
  details:
    "The plugin is this program under the name weft; with --link also under names of reference plugins, so that a configuration that names them works unchanged. A configuration that is there stays, unless --force says otherwise.",
  options: {
    binDir: option.value("DIR", "Where runtimes have their plugins (default /opt/cni/bin)", String, {
      complete: "directory",
    }),
    confDir: option.value("DIR", "Where runtimes have their networks (default /etc/cni/net.d)", String, {
      complete: "directory",
    }),
    link: option.list(
      "NAME",
      `Answer to a reference plugin's name, too: ${REFERENCE_NAMES.join(", ")} or all`,
      parseLink,
      {
        commas: true,
        complete: [...REFERENCE_NAMES, "all"],
      },
    ),
    subnet: option.list("PREFIX", "Of the network; one of each family (default 10.244.0.0/16)", parseIpPrefix),
    mode: option.oneOf(["bridge", "routed"], "How containers are attached (default bridge)"),
    noConfig: option.flag("Put the plugin in place only"),
    force: option.flag("Replace a configuration that is there"),
  },
  operands: {},
  daemon: "none",
  examples: [
    { line: "weft cni install", says: "To /opt/cni/bin and /etc/cni/net.d/10-weft.conflist" },
    { line: "weft cni install --link all --no-config", says: "In place of the reference plugins" },
    {
      line: "weft cni install --mode routed --subnet 10.8.0.0/24 --subnet fd00:8::/64",
      says: "Every packet passes the firewall",
    },
  ],
  async run({ options, host, out }) {
    const { binDir = "/opt/cni/bin", confDir = "/etc/cni/net.d", mode = "bridge" } = options;
    if (host.program === undefined) {
      throw new Refusal("invalid", "Cannot install the plugin: this is Weft from source, want the built program");
    }
    const plugin = join(binDir, "weft");
    await replaceWithCopy(plugin, host.program);
    const links = new Set(options.link.flat());
    for (const name of links) await replaceWithLink(join(binDir, name), "weft");
    const config = join(confDir, "10-weft.conflist");
    const isKept = options.noConfig || (existsSync(config) && !options.force);
    if (!isKept) {
      const subnets = options.subnet.length === 0 ? [parseIpPrefix("10.244.0.0/16")] : options.subnet;
      await replaceWithText(config, `${JSON.stringify(conflistOf(mode, subnets), undefined, 2)}\n`);
    }
    const installed = { plugin, links: [...links], ...(!options.noConfig && { config, configWritten: !isKept }) };
    if (options.json) return out.json(installed);
    out.lines([plugin, ...[...links].map((name) => join(binDir, name)), ...(isKept ? [] : [config])]);
    if (!options.noConfig && isKept) out.note(`kept ${config}: --force replaces it`);
  },
});

function parseLink(text: string): readonly string[] {
  if (text === "all") return REFERENCE_NAMES;
  if (REFERENCE_NAMES.some((name) => name === text)) return [text];
  throw new SyntaxError(`want ${REFERENCE_NAMES.join(", ")} or all`);
}

function conflistOf(mode: "bridge" | "routed", subnets: readonly IpPrefix[]) {
  return {
    cniVersion: "1.0.0",
    name: "weft",
    plugins: [
      {
        type: "weft",
        mode,
        ...(mode === "bridge" && { bridge: "cni0", isDefaultGateway: true, hairpinMode: true }),
        ipMasq: true,
        ipam: { type: "weft", ranges: subnets.map((subnet) => [{ subnet }]) },
        capabilities: { portMappings: true, bandwidth: true, ipRanges: true, ips: true, mac: true, dns: true },
      },
    ],
  };
}
