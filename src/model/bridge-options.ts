import {
  isUnspecified,
  type LinkName,
  parseIpAddress,
  parseIpv4Address,
  parseIpv6Address,
  parseLinkName,
} from "../net/mod.ts";
import type { NetworkId } from "./identity.ts";
import { type BridgeSettings, type GatewayMode, gatewayModes } from "./network.ts";
import {
  COMMON_OPTIONS,
  parseBoolean,
  readCommonSettings,
  readOption,
  requireKnownOptions,
} from "./network-options.ts";

/**
 * Docker's names of what a bridge network can be told. Sources: moby, daemon/libnetwork/drivers/bridge/labels.go and
 * daemon/libnetwork/netlabel/labels.go.
 */
export const BRIDGE_OPTIONS = {
  name: "com.docker.network.bridge.name",
  icc: "com.docker.network.bridge.enable_icc",
  masquerade: "com.docker.network.bridge.enable_ip_masquerade",
  hostBinding: "com.docker.network.bridge.host_binding_ipv4",
  gatewayModeIpv4: "com.docker.network.bridge.gateway_mode_ipv4",
  gatewayModeIpv6: "com.docker.network.bridge.gateway_mode_ipv6",
  trustedLinks: "com.docker.network.bridge.trusted_host_interfaces",
  inhibitIpv4: "com.docker.network.bridge.inhibit_ipv4",
  sourceIpv4: "com.docker.network.host_ipv4",
  sourceIpv6: "com.docker.network.host_ipv6",
  isDefault: "com.docker.network.bridge.default_bridge",
  ...COMMON_OPTIONS,
} as const;

/**
 * Reads a bridge network's options. Unlike Docker, a key that nobody serves is refused: it is most often a slip.
 *
 * @throws {SyntaxError} names the key, the value and what was wanted.
 */
export function parseBridgeOptions(options: Readonly<Record<string, string>>, id: NetworkId): BridgeSettings {
  requireKnownOptions("a bridge network", options, BRIDGE_OPTIONS);
  const hostBinding = readOption(options, BRIDGE_OPTIONS.hostBinding, parseIpAddress);
  const sourceIpv4 = readOption(options, BRIDGE_OPTIONS.sourceIpv4, parseIpv4Address);
  const sourceIpv6 = readOption(options, BRIDGE_OPTIONS.sourceIpv6, parseIpv6Address);
  readOption(options, BRIDGE_OPTIONS.isDefault, parseBoolean);
  return {
    ...readCommonSettings(options),
    bridge: readOption(options, BRIDGE_OPTIONS.name, parseFirewallName) ?? defaultBridgeName(id),
    icc: readOption(options, BRIDGE_OPTIONS.icc, parseBoolean) ?? true,
    masquerade: readOption(options, BRIDGE_OPTIONS.masquerade, parseBoolean) ?? true,
    ...(hostBinding !== undefined && !isUnspecified(hostBinding) && { hostBinding }),
    gatewayModes: {
      ipv4: readOption(options, BRIDGE_OPTIONS.gatewayModeIpv4, parseGatewayMode) ?? "nat",
      ipv6: readOption(options, BRIDGE_OPTIONS.gatewayModeIpv6, parseGatewayMode) ?? "nat",
    },
    trustedLinks: readOption(options, BRIDGE_OPTIONS.trustedLinks, parseLinkNames) ?? [],
    inhibitIpv4: readOption(options, BRIDGE_OPTIONS.inhibitIpv4, parseBoolean) ?? false,
    sourceAddresses: {
      ...(sourceIpv4 !== undefined && { ipv4: sourceIpv4 }),
      ...(sourceIpv6 !== undefined && { ipv6: sourceIpv6 }),
    },
  };
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
