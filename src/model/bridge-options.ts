import { type IpAddress, type LinkName, parseIpAddress, parseLinkName } from "../net/mod.ts";
import type { NetworkId } from "./identity.ts";
import type { BridgeSettings } from "./network.ts";

/** Docker's names of what a bridge network can be told. Source: moby, daemon/libnetwork/drivers/bridge/labels.go. */
export const BRIDGE_OPTIONS = {
  name: "com.docker.network.bridge.name",
  icc: "com.docker.network.bridge.enable_icc",
  masquerade: "com.docker.network.bridge.enable_ip_masquerade",
  hostBinding: "com.docker.network.bridge.host_binding_ipv4",
  mtu: "com.docker.network.driver.mtu",
  interfacePrefix: "com.docker.network.container_iface_prefix",
} as const;

/** The smallest MTU of IPv4 (RFC 791), and the largest that a veth takes. */
const MTU_LIMITS = { least: 68, most: 65535 } as const;

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
  return {
    bridge: read(options, BRIDGE_OPTIONS.name, parseBridgeName) ?? defaultBridgeName(id),
    icc: read(options, BRIDGE_OPTIONS.icc, parseBoolean) ?? true,
    masquerade: read(options, BRIDGE_OPTIONS.masquerade, parseBoolean) ?? true,
    interfacePrefix: read(options, BRIDGE_OPTIONS.interfacePrefix, parseInterfacePrefix) ?? "eth",
    ...(mtu !== undefined && { mtu }),
    ...(hostBinding !== undefined && !isUnspecified(hostBinding) && { hostBinding }),
  };
}

/** nf_tables' tools take a star at the end for any end of a name. */
function parseBridgeName(text: string): LinkName {
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
