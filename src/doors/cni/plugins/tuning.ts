import { checkPart, type LinkSettings, restoreLink, type TuningWish, tuneLink } from "../../../attachments/mod.ts";
import { parseMacAddress } from "../../../net/mod.ts";
import { configError } from "../cni-error.ts";
import { readValue } from "../fields.ts";
import type { Plugin, PluginCall } from "../plugin.ts";
import { requirePrevious } from "../previous.ts";
import { defined } from "../result.ts";

/** `type: tuning`, behind whoever made the link. */
export const tuningPlugin: Plugin = {
  kinds: ["settings"],
  parse: (call) => void readTuning(call),
  add: async (call) => {
    const previous = requirePrevious(call);
    const wish = readTuning(call);
    await call.work((workplace) => tuneLink(workplace, call.owner, wish));
    const { mac } = wish.settings;
    if (mac === undefined) return previous;
    const isOwn = (name: string, sandbox: string | undefined): boolean =>
      name === call.owner.ifname && sandbox !== undefined;
    return {
      ...previous,
      interfaces: previous.interfaces.map((one) => (isOwn(one.name, one.sandbox) ? { ...one, mac } : one)),
    };
  },
  check: async (call) => {
    await call.work((workplace) => checkPart(workplace, call.owner, "settings"));
  },
  beforeDelete: ({ environment }, parts) => {
    if (environment.netns === "") return;
    for (const part of parts) restoreLink(environment.netns, part);
  },
};

const ALLOW_LIST = "/etc/cni/tuning/allowlist.conf";

function readTuning({ config, environment, readFile }: PluginCall): TuningWish {
  const { fields, runtime, cniArgs } = config;
  const argument = environment.args.get("MAC");
  const settings: LinkSettings = defined({
    mac:
      runtime.parsed("mac", parseMacAddress) ??
      cniArgs.parsed("mac", parseMacAddress) ??
      (argument === undefined ? undefined : readValue("CNI_ARGS.MAC", argument, parseMacAddress)) ??
      fields.parsed("mac", parseMacAddress),
    mtu: fields.integer("mtu", { least: 0, most: 65535 }) || undefined,
    promiscuous: fields.truth("promisc"),
    allMulticast: fields.truth("allmulti"),
    txQueueLength: fields.integer("txQLen", { least: 0, most: 0xffffffff }),
  });
  const sysctls = Object.entries(fields.object("sysctl")?.raw ?? {}).map(([name, value]) => {
    const path = `sysctl.${name}`;
    if (typeof value !== "string") throw configError(path, `${JSON.stringify(value)} is no text`);
    return [sysctlPath(name, environment.ifname, path, readFile), value] as const;
  });
  return { netnsPath: environment.netns, settings, sysctls };
}

/** `net.ipv4.conf.IFNAME.arp_filter`: only of `net`, only what the host's administrator allows. */
function sysctlPath(name: string, ifname: string, path: string, readFile: (path: string) => string): string {
  const slashed = name.includes("/") ? name : name.replaceAll(".", "/");
  const parts = slashed.split("/").map((part) => (part === "IFNAME" ? ifname : part));
  if (parts[0] !== "net" || parts.some((part) => part === "" || part === "." || part === "..")) {
    throw configError(path, "want a sysctl of net, which alone belongs to a container's network");
  }
  const allowed = findAllowList(readFile);
  if (allowed !== undefined && !allowed.some((pattern) => pattern.test(slashed.replaceAll("/", ".")))) {
    throw configError(path, `${ALLOW_LIST} does not allow it`);
  }
  return parts.join("/");
}

function findAllowList(readFile: (path: string) => string): readonly RegExp[] | undefined {
  let text: string;
  try {
    text = readFile(ALLOW_LIST);
  } catch {
    return undefined; // without the file everything is allowed
  }
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => new RegExp(line));
}
