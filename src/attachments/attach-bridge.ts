import {
  addressFamily,
  hostRange,
  type InterfaceAddress,
  type IpAddress,
  type IpPrefix,
  type LinkName,
  localMacAddress,
  type MacAddress,
  makeInterfaceAddress,
  makePrefix,
  parseLinkName,
  prefixAddress,
  prefixFamily,
  prefixLength,
} from "../net/mod.ts";
import { type Netns, openNetns, readSysctl, writeSysctl } from "../sys/mod.ts";
import { ensureBridge, ensureGateway } from "./apply/bridge.ts";
import { NetworkKernel } from "./apply/host-network.ts";
import { awaitReady, type ContainerRoute, configureInside, createPair } from "./apply/pair.ts";
import { AttachmentError } from "./attachment-error.ts";
import type { FirewallElement } from "./firewall/mod.ts";
import { type AddressWish, giveAddresses } from "./give-addresses.ts";
import { formatAlias, type Owner } from "./owner.ts";
import { makePart, type Workplace } from "./parts.ts";
import type { AttachmentStore } from "./store/attachment-store.ts";

export interface AttachedAddress {
  readonly address: InterfaceAddress;
  readonly gateway?: IpAddress;
}

/** Addresses to give, or those that somebody else gave; none for a link without. */
export type AttachmentAddresses = { readonly give: AddressWish } | { readonly given: readonly AttachedAddress[] };

export interface BridgeAttachmentWish {
  readonly bridge: LinkName;
  readonly netnsPath: string;
  readonly mac?: MacAddress;
  readonly mtu?: number;
  /** The bridge has the gateways' addresses, and the host routes. */
  readonly isGateway: boolean;
  readonly forceAddress: boolean;
  readonly masquerade: boolean;
  readonly hairpin: boolean;
  readonly promiscuous: boolean;
  readonly isolated: boolean;
  /** Frames leave the container with its own MAC address only. */
  readonly checkSender: boolean;
  readonly detectDuplicates: boolean;
  readonly addresses: AttachmentAddresses;
  readonly routes: readonly ContainerRoute[];
  /** Default routes by way of the gateways. */
  readonly isDefaultGateway: boolean;
}

export interface BridgeAttachment {
  readonly bridge: { readonly name: LinkName; readonly mac: MacAddress };
  readonly host: { readonly name: LinkName; readonly mac: MacAddress };
  readonly container: { readonly name: LinkName; readonly mac: MacAddress };
  readonly addresses: readonly AttachedAddress[];
  readonly routes: readonly ContainerRoute[];
}

/**
 * Joins a container's namespace to a bridge, with addresses. On failure nothing is left but the bridge.
 *
 * @throws {AttachmentError}
 */
export async function attachToBridge(
  workplace: Workplace,
  owner: Owner,
  wish: BridgeAttachmentWish,
): Promise<BridgeAttachment> {
  const { store, host } = workplace;
  const ifname = parseLinkName(owner.ifname);
  const mtu = wish.mtu !== undefined && { mtu: wish.mtu };
  using netns = openContainer(wish.netnsPath);
  using inside = new NetworkKernel({ netns });
  const bridge = ensureBridge(host, { name: wish.bridge, promiscuous: wish.promiscuous, ...mtu });
  const hostLink = randomHostLink();
  const hostMac = randomMac();
  const mac = wish.mac ?? randomMac();
  const { addresses, routes } = await makePart(workplace, owner, "link", {
    decide: () => {
      const attached = decideAddresses(store, owner, wish.addresses, { wantsGateway: wish.isGateway });
      return {
        addresses: attached,
        routes: completeRoutes(attached, wish.routes, wish),
        links: [hostLink],
        elements: attachmentElements(wish, { hostLink, mac }),
        facts: { bridge: wish.bridge, mac, netns: wish.netnsPath },
      };
    },
    act: (plan) => {
      const alias = formatAlias(owner);
      const port = { bridge: bridge.index, hairpin: wish.hairpin, isolated: wish.isolated };
      createPair(host, { hostLink, hostMac, ifname, mac, netns, alias, port, ...mtu });
      if (wish.isGateway) {
        for (const { address, gateway } of plan.addresses) {
          if (gateway === undefined) continue;
          const own = makeInterfaceAddress(gateway, prefixLength(address));
          ensureGateway(host, { name: wish.bridge, index: bridge.index }, own, { force: wish.forceAddress });
        }
        letForward(plan.addresses);
      }
      configureInside(inside, netns, {
        ifname,
        addresses: plan.addresses.map(({ address }) => address),
        routes: plan.routes,
        detectDuplicates: wish.detectDuplicates,
      });
      awaitReady(
        { host, inside },
        hostLink,
        plan.addresses.map(({ address }) => address),
      );
    },
  });
  return {
    bridge: { name: wish.bridge, mac: bridge.mac },
    host: { name: hostLink, mac: hostMac },
    container: { name: ifname, mac },
    addresses,
    routes,
  };
}

/** @throws {AttachmentError} `namespace` */
export function openContainer(path: string): Netns {
  try {
    return openNetns(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AttachmentError("namespace", `${path} opens no network namespace: ${reason}`);
  }
}

/** @param wantsGateway Whether one who gave none is given the subnet's first address. */
export function decideAddresses(
  store: AttachmentStore,
  owner: Owner,
  addresses: AttachmentAddresses,
  { wantsGateway }: { readonly wantsGateway: boolean },
): readonly AttachedAddress[] {
  if ("give" in addresses) return giveAddresses(store, owner, addresses.give);
  return addresses.given.map((attached) =>
    attached.gateway === undefined && wantsGateway
      ? { ...attached, gateway: hostRange(subnetOf(attached.address)).first }
      : attached,
  );
}

function subnetOf(address: InterfaceAddress): IpPrefix {
  return makePrefix(prefixAddress(address), prefixLength(address));
}

/** Each route with a next hop: where it names none, the gateway of its family. */
export function completeRoutes(
  attached: readonly AttachedAddress[],
  routes: readonly ContainerRoute[],
  wish: { readonly isDefaultGateway: boolean },
): readonly ContainerRoute[] {
  const gatewayOf = (destination: IpPrefix): IpAddress | undefined =>
    attached.find(({ gateway }) => gateway !== undefined && addressFamily(gateway) === prefixFamily(destination))
      ?.gateway;
  const defaults = wish.isDefaultGateway
    ? attached.flatMap(({ gateway }): readonly ContainerRoute[] => {
        if (gateway === undefined) return [];
        const destination = addressFamily(gateway) === "ipv4" ? "0.0.0.0/0" : "::/0";
        return [{ destination: destination as IpPrefix, gateway }];
      })
    : [];
  const asked = routes
    .filter(({ destination }) => !defaults.some((route) => route.destination === destination))
    .map((route): ContainerRoute => {
      const gateway = route.gateway ?? gatewayOf(route.destination);
      return route.scope !== undefined || gateway === undefined ? route : { ...route, gateway };
    });
  return [...asked, ...defaults];
}

function attachmentElements(
  wish: BridgeAttachmentWish,
  { hostLink, mac }: { readonly hostLink: LinkName; readonly mac: MacAddress },
): readonly FirewallElement[] {
  return [
    ...(wish.masquerade ? [{ set: "lent", key: [wish.bridge] }] : []),
    ...(wish.checkSender
      ? [
          { set: "checked", key: [hostLink] },
          { set: "senders", key: [hostLink, mac] },
        ]
      : []),
  ];
}

const FORWARDING = { ipv4: "net/ipv4/ip_forward", ipv6: "net/ipv6/conf/all/forwarding" } as const;

/** Written only where it is off: the kernel walks through all links whenever it is written. */
export function letForward(attached: readonly AttachedAddress[]): void {
  for (const family of new Set(attached.map(({ address }) => prefixFamily(address)))) {
    if (readSysctl(FORWARDING[family]) !== "1") writeSysctl(FORWARDING[family], "1");
  }
}

/** As the reference plugins name them, so that what looks for such names finds ours. */
export function randomHostLink(): LinkName {
  return parseLinkName(`veth${crypto.getRandomValues(new Uint8Array(4)).toHex()}`);
}

/** Random rather than made of the address: an address that is given again must not meet a neighbour's memory of the old MAC. */
export function randomMac(): MacAddress {
  return localMacAddress(crypto.getRandomValues(new Uint8Array(6)));
}
