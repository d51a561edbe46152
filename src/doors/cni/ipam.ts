import type { Command } from "./environment.ts";
import { type IpamConfig, parseIpamConfig } from "./ipam-config.ts";
import type { PluginCall } from "./plugin.ts";
import { type CniResult, parseDns, type ResultDns } from "./result.ts";

/** IPAM types that are ours: no other program is called for them. */
const OWN_TYPES = ["host-local", "weft"];

export interface OwnIpam {
  readonly kind: "own";
  readonly config: IpamConfig;
}

export type Ipam = OwnIpam | { readonly kind: "foreign"; readonly type: string } | { readonly kind: "none" };

/** Who gives addresses. @throws {CniError} */
export function readIpam({ config, environment }: PluginCall): Ipam {
  const { ipamType } = config;
  if (ipamType === undefined) return { kind: "none" };
  if (!OWN_TYPES.includes(ipamType)) return { kind: "foreign", type: ipamType };
  return { kind: "own", config: parseIpamConfig(config, environment.args) };
}

/** Passes a command on to a foreign IPAM plugin, if there is one. */
export function foreignIpam(call: PluginCall, command: Command): void {
  const ipam = readIpam(call);
  if (ipam.kind === "foreign") call.delegate(ipam.type, command);
}

/** What the configuration alone says of the result. */
export function ipamResult(call: PluginCall, own: OwnIpam | undefined): Pick<CniResult, "dns"> {
  const { config } = call;
  const asked = config.runtime.object("dns");
  if (asked !== undefined) {
    const { servers, searches, options } = {
      servers: asked.texts("servers"),
      searches: asked.texts("searches"),
      options: asked.texts("options"),
    };
    return {
      dns: {
        ...(servers !== undefined && { nameservers: servers }),
        ...(searches !== undefined && { search: searches }),
        ...(options !== undefined && { options }),
      },
    };
  }
  const written = config.fields.object("dns");
  const dns = written === undefined ? {} : parseDns(written);
  if (Object.keys(dns).length > 0) return { dns };
  const path = own?.config.resolvConf;
  return { dns: path === undefined ? {} : parseResolvConf(call.readFile(path)) };
}

/** Source: resolv.conf(5). */
function parseResolvConf(text: string): ResultDns {
  const nameservers: string[] = [];
  let domain: string | undefined;
  let search: readonly string[] = [];
  const options: string[] = [];
  for (const line of text.split("\n")) {
    const [word, ...values] = line.trim().split(/\s+/);
    if (word === "nameserver") nameservers.push(...values.slice(0, 1));
    else if (word === "domain") domain = values[0];
    else if (word === "search") search = values;
    else if (word === "options") options.push(...values);
  }
  return {
    ...(nameservers.length > 0 && { nameservers }),
    ...(domain !== undefined && { domain }),
    ...(search.length > 0 && { search }),
    ...(options.length > 0 && { options }),
  };
}
