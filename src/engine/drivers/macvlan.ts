import type { Endpoint, IpvlanSettings, MacvlanSettings, Network, NetworkId, ParentLink } from "../../model/mod.ts";
import {
  ADDRESS_BITS,
  addressFamily,
  type LinkName,
  localMacAddress,
  makeInterfaceAddress,
  parseLinkName,
  prefixAddress,
} from "../../net/mod.ts";
import type { HostLinkPlan, IpvlanPlan, MacvlanPlan, ParentPlan } from "../plan/operation.ts";

/** How the parent of a network is to look; none to make where it is the host's own. */
export function planParent(network: Network, { parent }: { readonly parent: ParentLink }): readonly ParentPlan[] {
  return parent.kind === "host" ? [] : [{ kind: "parent", network, name: parent.name, parent }];
}

/** `wp` and twelve digits of the id: 14 of the 15 bytes that a name may have. */
export function isolatedParentName(id: NetworkId): LinkName {
  return parseLinkName(`wp${id.slice(0, 12)}`);
}

/**
 * The host's own link on the parent. It has its addresses alone, without the subnet: the host's way to the rest of the LAN is
 * the parent, as before, and each sandbox gets a route.
 */
export function planHostLink(
  network: Network,
  { parent, mode, hostLink }: MacvlanSettings,
  endpoints: readonly Endpoint[],
): readonly HostLinkPlan[] {
  if (hostLink === undefined) return [];
  const { name, addresses } = hostLink;
  return [
    {
      kind: "host-link",
      network,
      name,
      parent: parent.name,
      mode,
      mac: hostLinkMac(network),
      addresses: addresses.map((address) => makeInterfaceAddress(address, ADDRESS_BITS[addressFamily(address)])),
      ipv6: addresses.some((address) => addressFamily(address) === "ipv6"),
      leadsTo: endpoints.flatMap((endpoint) => endpoint.addresses.map(prefixAddress)),
    },
  ];
}

/** Of the end of the network's id: a bridge's is of its beginning. */
function hostLinkMac({ id }: Network) {
  return localMacAddress(
    Uint8Array.from({ length: 6 }, (_, index) => Number.parseInt(id.slice(52 + 2 * index, 54 + 2 * index), 16)),
  );
}

/** The link of an endpoint on a macvlan network: a neighbour of all that is on the parent's LAN, with a MAC address of its own. */
export function planMacvlan(
  endpoint: Endpoint,
  settings: EndpointSettings<MacvlanSettings>,
  netnsPath: string,
): MacvlanPlan {
  return { kind: "macvlan", mode: settings.mode, ...onParent(endpoint, settings, netnsPath) };
}

/** The link of an endpoint on an ipvlan network: it has the parent's MAC address, and is told apart by its IP addresses. */
export function planIpvlan(
  endpoint: Endpoint,
  settings: EndpointSettings<IpvlanSettings>,
  netnsPath: string,
): IpvlanPlan {
  return { kind: "ipvlan", mode: settings.mode, flag: settings.flag, ...onParent(endpoint, settings, netnsPath) };
}

/** What of a network's settings an endpoint's link depends on. */
type EndpointSettings<T extends MacvlanSettings | IpvlanSettings> = Omit<T, "hostLink" | "interfacePrefix">;

function onParent(
  endpoint: Endpoint,
  { parent, mtu, announcements }: EndpointSettings<MacvlanSettings | IpvlanSettings>,
  netnsPath: string,
) {
  const wanted = endpoint.lease?.mtu ?? mtu;
  return { endpoint, parent: parent.name, announcements, netnsPath, ...(wanted !== undefined && { mtu: wanted }) };
}
