import { type NetworkRequest, Refusal } from "../contract/mod.ts";
import type { Link } from "../kernel/objects/mod.ts";
import type { BridgeSettings } from "../model/mod.ts";
import {
  type InterfaceAddress,
  type IpFamily,
  makePrefix,
  prefixAddress,
  prefixContains,
  prefixFamily,
  prefixLength,
} from "../net/mod.ts";
import type { ChosenDriver } from "./choose-driver.ts";
import type { EngineContext } from "./context.ts";

type SubnetRequest = NetworkRequest["subnets"][number];

/**
 * A network on a bridge that somebody else has made: nothing of the bridge is changed, its addresses are the gateways. In a family in which it
 * has none, there is no gateway, or one that is asked for and somebody else's.
 *
 * @throws {Refusal} when the link is no bridge, or what is asked for is not as the bridge is.
 */
export function useBridge(
  context: EngineContext,
  request: NetworkRequest,
  settings: BridgeSettings,
  link: Link,
): ChosenDriver {
  const action = `Cannot create network ${request.name} on bridge ${link.name}`;
  if (link.detail.kind !== "bridge") {
    throw new Refusal(
      "conflict",
      `Cannot create network ${request.name}: the host has a link ${link.name} already, and it is no bridge; want another bridge name`,
    );
  }
  if (settings.mtu !== undefined && settings.mtu !== link.mtu) {
    throw new Refusal(
      "invalid",
      `${action} with an MTU of ${settings.mtu}: that of the bridge is ${link.mtu}, want the same`,
    );
  }
  const addresses = context.kernel.route.addresses
    .list()
    .filter((each) => each.link === link.index && each.scope === "global")
    .map(({ address }) => address);
  const families = (["ipv4", "ipv6"] as const).filter((family) => isWanted(request, addresses, family));
  const subnets = [
    ...request.subnets.map((subnet) => matchSubnet(action, subnet, addresses)),
    ...families.flatMap((family) => missingSubnet(request, addresses, family)),
  ];
  const withoutAddress = (["ipv4", "ipv6"] as const).filter(
    (family) => !addresses.some((address) => prefixFamily(address) === family),
  );
  return {
    driver: { kind: "bridge", settings: { ...settings, mtu: link.mtu, isFound: true } },
    subnets,
    withoutGateway: withoutAddress,
  };
}

function isWanted({ ipv4, ipv6 }: NetworkRequest, addresses: readonly InterfaceAddress[], family: IpFamily): boolean {
  if (family === "ipv4") return ipv4;
  return ipv6 ?? addresses.some((address) => prefixFamily(address) === "ipv6");
}

/** The bridge's own one of a family, where none is asked for. */
function missingSubnet(
  { subnets }: NetworkRequest,
  addresses: readonly InterfaceAddress[],
  family: IpFamily,
): readonly SubnetRequest[] {
  if (subnets.some(({ prefix }) => prefix === undefined || prefixFamily(prefix) === family)) return [];
  const own = addresses.find((address) => prefixFamily(address) === family);
  return own === undefined ? [] : [{ prefix: subnetOf(own), gateway: prefixAddress(own) }];
}

/** @throws {Refusal} unless the bridge is a gateway of the subnet, or has no address of the family. */
function matchSubnet(action: string, subnet: SubnetRequest, addresses: readonly InterfaceAddress[]): SubnetRequest {
  const { prefix, gateway } = subnet;
  if (prefix === undefined) return subnet;
  const own = addresses.filter((address) => prefixFamily(address) === prefixFamily(prefix));
  if (own.length === 0) return subnet;
  const inside = own.filter((address) => prefixContains(prefix, prefixAddress(address)));
  const chosen =
    inside.find((address) => prefixAddress(address) === gateway) ?? (gateway === undefined ? inside[0] : undefined);
  if (chosen === undefined || subnetOf(chosen) !== prefix) {
    const asked = gateway === undefined ? `subnet ${prefix}` : `subnet ${prefix} and gateway ${gateway}`;
    throw new Refusal("conflict", `${action} with ${asked}: the bridge has ${own.join(", ")}, want that`);
  }
  return { ...subnet, gateway: prefixAddress(chosen) };
}

function subnetOf(address: InterfaceAddress): ReturnType<typeof makePrefix> {
  return makePrefix(prefixAddress(address), prefixLength(address));
}
