import { addAddressStep, replaceNeighbourStep, replaceRouteStep, type Step } from "../kernel/route/mod.ts";
import {
  ADDRESS_BITS,
  addressFamily,
  type InterfaceAddress,
  type IpAddress,
  type IpPrefix,
  type LinkName,
  type MacAddress,
  makeInterfaceAddress,
  makePrefix,
  parseIpAddress,
  parseIpPrefix,
  parseLinkName,
  prefixAddress,
  prefixFamily,
  prefixLength,
} from "../net/mod.ts";
import { NetworkKernel } from "./apply/host-network.ts";
import { awaitReady, type ContainerRoute, configureInside, createPair } from "./apply/pair.ts";
import {
  type AttachedAddress,
  type AttachmentAddresses,
  completeRoutes,
  decideAddresses,
  letForward,
  openContainer,
  randomHostLink,
  randomMac,
} from "./attach-bridge.ts";
import { formatAlias, type Owner } from "./owner.ts";
import { makePart, type Workplace } from "./parts.ts";

export interface RoutedAttachmentWish {
  readonly netnsPath: string;
  readonly mac?: MacAddress;
  readonly mtu?: number;
  readonly masquerade: boolean;
  readonly addresses: AttachmentAddresses;
  readonly routes: readonly ContainerRoute[];
  /**
   * `link-local`: the container has its address alone and sends everything to an address that every host has. `subnet`: it has its
   * subnet, by way of the subnet's gateway, which the host's end of the pair has, as the reference plugin ptp does it.
   */
  readonly gateway: "link-local" | "subnet";
}

export interface RoutedAttachment {
  readonly host: { readonly name: LinkName; readonly mac: MacAddress };
  readonly container: { readonly name: LinkName; readonly mac: MacAddress };
  readonly addresses: readonly AttachedAddress[];
  readonly routes: readonly ContainerRoute[];
}

const LINK_LOCAL_GATEWAY = { ipv4: parseIpAddress("169.254.1.1"), ipv6: parseIpAddress("fe80::1") } as const;
const DEFAULT_ROUTE = { ipv4: parseIpPrefix("0.0.0.0/0"), ipv6: parseIpPrefix("::/0") } as const;

/**
 * Joins a container's namespace to the host by a pair of links and a route of the host to each address, without a bridge: every
 * packet is forwarded, and passes the firewall. On failure nothing is left.
 *
 * @throws {AttachmentError}
 */
export async function attachByRoute(
  workplace: Workplace,
  owner: Owner,
  wish: RoutedAttachmentWish,
): Promise<RoutedAttachment> {
  const { store, host } = workplace;
  const ifname = parseLinkName(owner.ifname);
  const mtu = wish.mtu !== undefined && { mtu: wish.mtu };
  using netns = openContainer(wish.netnsPath);
  using inside = new NetworkKernel({ netns });
  const hostLink = randomHostLink();
  const hostMac = randomMac();
  const mac = wish.mac ?? randomMac();
  const { addresses, routes } = await makePart(workplace, owner, "link", {
    decide: () => {
      const given = decideAddresses(store, owner, wish.addresses, { wantsGateway: true });
      return {
        addresses: wish.gateway === "subnet" ? given : given.map(alone),
        routes: wish.gateway === "subnet" ? subnetRoutes(given, wish.routes) : linkLocalRoutes(given, wish.routes),
        links: [hostLink],
        elements: wish.masquerade ? [{ set: "lent", key: [hostLink] }] : [],
        facts: { mac, netns: wish.netnsPath },
      };
    },
    act: (plan) => {
      const alias = formatAlias(owner);
      createPair(host, { hostLink, hostMac, ifname, mac, netns, alias, ...mtu });
      configureInside(inside, netns, {
        ...{ ifname, routes: plan.routes, detectDuplicates: false, noPrefixRoutes: true },
        addresses: plan.addresses.map(({ address }) => address),
        // Nobody has the link-local gateway: what is sent to it finds the host's end by this.
        neighbours: plan.addresses.flatMap(({ gateway }) =>
          gateway === undefined ? [] : [{ address: gateway, mac: hostMac }],
        ),
      });
      const index = host.links.indexOf(hostLink);
      host.apply(
        plan.addresses.flatMap(({ address }): readonly Step[] => [
          replaceRouteStep({ destination: hostPrefix(prefixAddress(address)), nextHops: [{ link: index }] }),
          replaceNeighbourStep({ link: index, address: prefixAddress(address), mac }),
        ]),
      );
      if (wish.gateway === "subnet") addGateways(host, hostLink, plan.addresses);
      letForward(plan.addresses);
      awaitReady(
        { host, inside },
        hostLink,
        plan.addresses.map(({ address }) => address),
      );
    },
  });
  return { host: { name: hostLink, mac: hostMac }, container: { name: ifname, mac }, addresses, routes };
}

function addGateways(host: NetworkKernel, hostLink: LinkName, addresses: readonly AttachedAddress[]): void {
  const link = host.links.indexOf(hostLink);
  host.apply(
    addresses.flatMap(({ gateway }) =>
      gateway === undefined
        ? []
        : [addAddressStep({ link, address: makeInterfaceAddress(gateway, bitsOf(gateway)), noDad: true })],
    ),
  );
}

/** The address without a subnet, behind the gateway that every host has. */
function alone({ address }: AttachedAddress): AttachedAddress {
  const own = prefixAddress(address);
  return { address: makeInterfaceAddress(own, bitsOf(own)), gateway: LINK_LOCAL_GATEWAY[addressFamily(own)] };
}

function linkLocalRoutes(
  given: readonly AttachedAddress[],
  asked: readonly ContainerRoute[],
): readonly ContainerRoute[] {
  const families = [...new Set(given.map(({ address }) => prefixFamily(address)))];
  const defaults = families.flatMap((family): readonly ContainerRoute[] => [
    // fe80::1 is on every link already.
    ...(family === "ipv4" ? [{ destination: hostPrefix(LINK_LOCAL_GATEWAY.ipv4), scope: SCOPE_LINK }] : []),
    { destination: DEFAULT_ROUTE[family], gateway: LINK_LOCAL_GATEWAY[family] },
  ]);
  const gateways = families.map((family) => ({ address: anyAddress(family), gateway: LINK_LOCAL_GATEWAY[family] }));
  const others = asked.filter(({ destination }) => prefixLength(destination) > 0);
  return [...defaults, ...completeRoutes(gateways, others, { isDefaultGateway: false })];
}

function subnetRoutes(given: readonly AttachedAddress[], asked: readonly ContainerRoute[]): readonly ContainerRoute[] {
  const own = given.flatMap(({ address, gateway }): readonly ContainerRoute[] =>
    gateway === undefined
      ? []
      : [
          { destination: hostPrefix(gateway), scope: SCOPE_LINK },
          { destination: makePrefix(prefixAddress(address), prefixLength(address)), gateway },
        ],
  );
  return [...own, ...completeRoutes(given, asked, { isDefaultGateway: false })];
}

/** `RT_SCOPE_LINK` of include/uapi/linux/rtnetlink.h. */
const SCOPE_LINK = 253;

function anyAddress(family: "ipv4" | "ipv6"): InterfaceAddress {
  return makeInterfaceAddress(prefixAddress(DEFAULT_ROUTE[family]), 0);
}

function bitsOf(address: IpAddress): number {
  return ADDRESS_BITS[addressFamily(address)];
}

function hostPrefix(address: IpAddress): IpPrefix {
  return makePrefix(address, bitsOf(address));
}
