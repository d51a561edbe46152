import {
  type IpAddress,
  type IpFamily,
  type LinkName,
  parseIpAddress,
  parseIpv4Address,
  parseIpv6Address,
  parseLinkName,
} from "../net/mod.ts";
import type { NetworkId } from "./identity.ts";
import { type Announcements, type BridgeSettings, type GatewayMode, gatewayModes } from "./network.ts";

/**
 * Docker's names of what a bridge network can be told. Sources: moby, daemon/libnetwork/drivers/bridge/labels.go and
 * daemon/libnetwork/netlabel/labels.go.
 */
export const BRIDGE_OPTIONS = {
  name: "com.docker.network.bridge.name",
  icc: "com.docker.network.bridge.enable_icc",
  masquerade: "com.docker.network.bridge.enable_ip_masquerade",
  hostBinding: "com.docker.network.bridge.host_binding_ipv4",
  mtu: "com.docker.network.driver.mtu",
  interfacePrefix: "com.docker.network.container_iface_prefix",
  gatewayModeIpv4: "com.docker.network.bridge.gateway_mode_ipv4",
  gatewayModeIpv6: "com.docker.network.bridge.gateway_mode_ipv6",
  trustedLinks: "com.docker.network.bridge.trusted_host_interfaces",
  inhibitIpv4: "com.docker.network.bridge.inhibit_ipv4",
  sourceIpv4: "com.docker.network.host_ipv4",
  sourceIpv6: "com.docker.network.host_ipv6",
  announcements: "com.docker.network.advertise_addr_nmsgs",
  announcementInterval: "com.docker.network.advertise_addr_ms",
  isDefault: "com.docker.network.bridge.default_bridge",
  ipv4: "com.docker.network.enable_ipv4",
  ipv6: "com.docker.network.enable_ipv6",
} as const;

/** The smallest MTU of IPv4 (RFC 791), and the largest that a veth takes. */
const MTU_LIMITS = { least: 68, most: 65535 } as const;

/** Docker's limits and defaults of the announcements after a join. Source: moby, daemon/libnetwork/netlabel/labels.go. */
const ANNOUNCEMENT_LIMITS = { count: { least: 0, most: 3 }, intervalMs: { least: 100, most: 2000 } } as const;
const ANNOUNCEMENT_DEFAULTS = { count: 3, intervalMs: 1000 } as const;

/**
 * Reads a bridge network's options. Unlike Docker, a key that nobody serves is refused: it is most often a slip.
 *
 * @throws {SyntaxError} names the key, the value and what was wanted.
 */
export function parseBridgeOptions(options: Readonly<Record<string, string>>, id: NetworkId): BridgeSettings {
  const known: readonly string[] = Object.values(BRIDGE_OPTIONS);
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new SyntaxError(
      `Cannot use option ${JSON.stringify(unknown)} on a bridge network: want one of ${known.join(", ")}`,
    );
  }
  const mtu = read(options, BRIDGE_OPTIONS.mtu, parseMtu);
  const hostBinding = read(options, BRIDGE_OPTIONS.hostBinding, parseIpAddress);
  const sourceIpv4 = read(options, BRIDGE_OPTIONS.sourceIpv4, parseIpv4Address);
  const sourceIpv6 = read(options, BRIDGE_OPTIONS.sourceIpv6, parseIpv6Address);
  read(options, BRIDGE_OPTIONS.isDefault, parseBoolean);
  enabledFamilies(options);
  return {
    bridge: read(options, BRIDGE_OPTIONS.name, parseFirewallName) ?? defaultBridgeName(id),
    icc: read(options, BRIDGE_OPTIONS.icc, parseBoolean) ?? true,
    masquerade: read(options, BRIDGE_OPTIONS.masquerade, parseBoolean) ?? true,
    interfacePrefix: read(options, BRIDGE_OPTIONS.interfacePrefix, parseInterfacePrefix) ?? "eth",
    ...(mtu !== undefined && { mtu }),
    ...(hostBinding !== undefined && !isUnspecified(hostBinding) && { hostBinding }),
    gatewayModes: {
      ipv4: read(options, BRIDGE_OPTIONS.gatewayModeIpv4, parseGatewayMode) ?? "nat",
      ipv6: read(options, BRIDGE_OPTIONS.gatewayModeIpv6, parseGatewayMode) ?? "nat",
    },
    trustedLinks: read(options, BRIDGE_OPTIONS.trustedLinks, parseLinkNames) ?? [],
    inhibitIpv4: read(options, BRIDGE_OPTIONS.inhibitIpv4, parseBoolean) ?? false,
    sourceAddresses: {
      ...(sourceIpv4 !== undefined && { ipv4: sourceIpv4 }),
      ...(sourceIpv6 !== undefined && { ipv6: sourceIpv6 }),
    },
    announcements: readAnnouncements(options),
  };
}

/** Docker's other way to say which families a network has; absent: nothing is said. @throws {SyntaxError} */
export function enabledFamilies(options: Readonly<Record<string, string>>): {
  readonly [Family in IpFamily]?: boolean;
} {
  const ipv4 = read(options, BRIDGE_OPTIONS.ipv4, parseBoolean);
  const ipv6 = read(options, BRIDGE_OPTIONS.ipv6, parseBoolean);
  return { ...(ipv4 !== undefined && { ipv4 }), ...(ipv6 !== undefined && { ipv6 }) };
}

function parseGatewayMode(text: string): GatewayMode {
  const mode = gatewayModes.find((known) => known === text);
  if (mode === undefined) throw new SyntaxError(`want ${gatewayModes.join(", ")}`);
  return mode;
}

/** Docker separates them by colons, which a link's name cannot have. */
function parseLinkNames(text: string): readonly LinkName[] {
  return [...new Set(text.split(":").map(parseFirewallName))];
}

const wholeNumber =
  ({ least, most }: { readonly least: number; readonly most: number }) =>
  (text: string): number => {
    const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= least && number <= most)) throw new SyntaxError(`want a whole number from ${least} to ${most}`);
    return number;
  };

/** A name that stands in a set of the firewall, whose tools take a star at the end for any end of a name. */
function parseFirewallName(text: string): LinkName {
  if (text.endsWith("*"))
    throw new SyntaxError('want a name without "*" at its end, which means any end to a firewall');
  return parseLinkName(text);
}

/** `weft-` and the first ten digits of the id: 15 bytes, as long as a name may be. */
function defaultBridgeName(id: NetworkId): LinkName {
  return parseLinkName(`weft-${id.slice(0, 10)}`);
}

function read<T>(options: Readonly<Record<string, string>>, key: string, parse: (text: string) => T): T | undefined {
  const text = options[key];
  if (text === undefined || text === "") return undefined;
  try {
    return parse(text);
  } catch (error) {
    throw new SyntaxError(`Cannot use option ${key}=${text}: ${error instanceof Error ? error.message : error}`);
  }
}

function parseMtu(text: string): number | undefined {
  const mtu = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (mtu === 0) return undefined; // Docker's way to say "the default"
  if (!(mtu >= MTU_LIMITS.least && mtu <= MTU_LIMITS.most)) {
    throw new SyntaxError(`want a number of bytes from ${MTU_LIMITS.least} to ${MTU_LIMITS.most}`);
  }
  return mtu;
}

/** What Go's strconv.ParseBool takes: Docker's users have files full of it. */
function parseBoolean(text: string): boolean {
  if (["1", "t", "true"].includes(text.toLowerCase())) return true;
  if (["0", "f", "false"].includes(text.toLowerCase())) return false;
  throw new SyntaxError("want true or false");
}

function parseInterfacePrefix(text: string): string {
  parseLinkName(`${text}0`);
  if (text.length > 12) throw new SyntaxError("want at most 12 characters: a number follows");
  return text;
}

function isUnspecified(address: IpAddress): boolean {
  return /^[0.:]+$/.test(address);
}

function readAnnouncements(options: Readonly<Record<string, string>>): Announcements {
  const { count, intervalMs } = ANNOUNCEMENT_LIMITS;
  return {
    count: read(options, BRIDGE_OPTIONS.announcements, wholeNumber(count)) ?? ANNOUNCEMENT_DEFAULTS.count,
    intervalMs:
      read(options, BRIDGE_OPTIONS.announcementInterval, wholeNumber(intervalMs)) ?? ANNOUNCEMENT_DEFAULTS.intervalMs,
  };
}

/** What the options of other drivers are read with, too. */
export { parseInterfacePrefix, parseMtu, read as readOption, readAnnouncements };
