import type { BridgeSettings, Endpoint, Network, Sandbox, Subnet } from "../../model/mod.ts";
import {
  type InterfaceAddress,
  type IpFamily,
  localMacAddress,
  type MacAddress,
  makeInterfaceAddress,
  prefixFamily,
  prefixLength,
} from "../../net/mod.ts";
import type { BridgePlan, VethPlan } from "../plan/operation.ts";
import { bridgeMtu, type HostFacts } from "./host-facts.ts";

/** How the bridge of a network is to look. */
export function planBridge(network: Network, settings: BridgeSettings, facts: HostFacts): BridgePlan {
  return {
    kind: "bridge",
    network,
    name: settings.bridge,
    mac: bridgeMac(network),
    mtu: bridgeMtu(network.id, settings, facts),
    addresses: network.subnets
      .filter(({ prefix }) => hasGateway(settings, prefixFamily(prefix)))
      .flatMap(gatewayAddress),
    // Without it there is no link-local address either: an isolated bridge has none at all.
    ipv6: network.subnets.some(({ prefix }) => prefixFamily(prefix) === "ipv6") && hasGateway(settings, "ipv6"),
  };
}

/** Whether the bridge itself has the gateway's address of a family. */
export function hasGateway({ gatewayModes, inhibitIpv4 }: BridgeSettings, family: IpFamily): boolean {
  return gatewayModes[family] !== "isolated" && !(family === "ipv4" && inhibitIpv4);
}

/** Of the network's id, so that it stays when ports come and go: a bridge without one takes its lowest port's. */
function bridgeMac({ id }: Network): MacAddress {
  return localMacAddress(
    Uint8Array.from({ length: 6 }, (_, index) => Number.parseInt(id.slice(2 * index, 2 * index + 2), 16)),
  );
}

function gatewayAddress({ prefix, gateway }: Subnet): readonly InterfaceAddress[] {
  return gateway === undefined ? [] : [makeInterfaceAddress(gateway, prefixLength(prefix))];
}

/**
 * How the pair of links of an endpoint is to look.
 *
 * Without icc a port is isolated, which keeps frames apart without a rule. Where br_netfilter is on, published ports of a
 * sibling are turned around inside the bridge, where isolation would stop them too: there the firewall keeps icc alone, if it
 * sees both families. (If it sees only one, a sibling's ports of that family are out of reach without icc.)
 */
export function planVeth(
  endpoint: Endpoint,
  settings: BridgeSettings,
  facts: HostFacts,
  { sandbox, netnsPath }: { readonly sandbox: Sandbox; readonly netnsPath?: string },
): VethPlan {
  const filtered = facts.bridgedFramesFiltered;
  // Another engine says which ports to publish when the link is made.
  const mayPublish = sandbox.ports.length > 0 || sandbox.namespace.kind === "external";
  return {
    kind: "veth",
    endpoint,
    bridge: settings.bridge,
    isBridgeFound: settings.isFound === true,
    mtu: bridgeMtu(endpoint.network, settings, facts),
    isolated: !settings.icc && !(filtered.ipv4 && filtered.ipv6),
    hairpin: (filtered.ipv4 || filtered.ipv6) && mayPublish,
    announcements: settings.announcements,
    ...(netnsPath !== undefined && { netnsPath }),
  };
}
