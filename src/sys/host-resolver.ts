import { existsSync, readFileSync } from "node:fs";
import { type IpAddress, type LinkName, parseIpAddress, parseLinkName } from "../net/mod.ts";

/** The resolver configuration of the host; the first is what systemd-resolved keeps for those who cannot ask its stub. */
export const RESOLV_CONF_PATHS: readonly string[] = ["/run/systemd/resolve/resolv.conf", "/etc/resolv.conf"];

/** A name server of the host. */
export interface HostServer {
  readonly address: IpAddress;
  /** The link of a link-local address, by name or number: `fe80::1%eth0`, as a router announces itself. */
  readonly zone?: LinkName | number;
}

export interface HostResolver {
  readonly servers: readonly HostServer[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** Reads what resolv.conf(5) says, tolerantly: a line that makes no sense is skipped. */
export function parseResolvConf(text: string): HostResolver {
  const servers: HostServer[] = [];
  let search: readonly string[] = [];
  let options: readonly string[] = [];
  for (const line of text.split("\n")) {
    const [keyword, ...values] = line
      .replace(/[#;].*$/, "")
      .trim()
      .split(/\s+/);
    if (keyword === "nameserver") servers.push(...parseServer(values[0] ?? ""));
    else if (keyword === "search" || keyword === "domain") search = values;
    else if (keyword === "options") options = [...options, ...values];
  }
  return { servers, search, options };
}

function parseServer(text: string): readonly HostServer[] {
  const [address = "", zone] = text.split("%");
  try {
    return [{ address: parseIpAddress(address), ...(zone !== undefined && { zone: parseZone(zone) }) }];
  } catch {
    return [];
  }
}

function parseZone(text: string): LinkName | number {
  return /^\d+$/.test(text) ? Number(text) : parseLinkName(text);
}

/** As resolv.conf has it. */
export function formatServer({ address, zone }: HostServer): string {
  return zone === undefined ? address : `${address}%${zone}`;
}

/** The host's servers: asked from the host's namespace for sandboxes that name none. */
export function readHostResolver(paths: readonly string[] = RESOLV_CONF_PATHS): HostResolver {
  for (const path of paths) {
    if (!existsSync(path)) continue;
    try {
      const resolver = parseResolvConf(readFileSync(path, "utf8"));
      if (resolver.servers.length > 0) return resolver;
    } catch {
      // it cannot be read: the next one
    }
  }
  return { servers: [], search: [], options: [] };
}
