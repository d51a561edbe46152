import { type LinkName, type MacAddress, macBytes } from "../../net/mod.ts";
import {
  IFF_ALLMULTI,
  IFF_PROMISC,
  IFF_UP,
  Ipv6AddressGeneration,
  type Ipv6AddressGenerationName,
  ipv4LinkConf,
  type LinkAttributesInput,
  linkMessage,
  RTM_DELLINK,
  RTM_DELLINKPROP,
  RTM_NEWLINK,
  RTM_NEWLINKPROP,
  RTM_SETLINK,
  routeRequest,
} from "../../netlink/route/mod.ts";
import type { BridgeOptions, BridgePortOptions, LinkIndex } from "../objects/mod.ts";
import { bridgeOptionAttributes, bridgePortAttributesOf } from "./link-options.ts";
import { findLinkBy, formatLinkRef, type LinkRef } from "./link-ref.ts";
import type { Step } from "./step.ts";

/** What may be changed in one request. */
export interface LinkChanges {
  readonly up?: boolean;
  /** Takes frames that are for others, too. */
  readonly promiscuous?: boolean;
  /** Takes frames to all groups, joined or not. */
  readonly allMulticast?: boolean;
  /** A new name; only for links given by index. Since Linux 6.2 also while the link is up. */
  readonly name?: LinkName;
  /** Bytes. For a bridge to keep it, see `fixBridgeMtuSteps`. */
  readonly mtu?: number;
  readonly mac?: MacAddress;
  /** `"none"` takes the link out of its bridge. */
  readonly master?: LinkIndex | "none";
  /** Up to 255 bytes; the empty text removes it. */
  readonly alias?: string;
  readonly group?: number;
  readonly txQueueLength?: number;
  /** How the link gets its link-local address when it goes up; `none` for no address. */
  readonly ipv6AddressGeneration?: Ipv6AddressGenerationName;
  /** `net.ipv4.conf.LINK.promote_secondaries`: an address that goes does not take the others of its prefix with it. */
  readonly promoteSecondaries?: boolean;
  /** The link must already be a port: these are applied before `master` is. */
  readonly port?: BridgePortOptions;
  readonly bridge?: BridgeOptions;
}

/**
 * One request for all changes. `port` needs a link that is a port already: `setLinkSteps` makes it one first.
 *
 * @throws {TypeError} when a link given by name is to be renamed: the name finds it.
 */
export function setLinkStep(link: LinkRef, changes: LinkChanges): Step {
  const found = findLinkBy(link);
  if (changes.name !== undefined && typeof link !== "number") {
    throw new TypeError(`Cannot rename ${formatLinkRef(link)} to ${JSON.stringify(changes.name)}: want its index`);
  }
  const ifname = changes.name ?? found.ifname;
  const linkinfo = {
    ...(changes.bridge && { kind: "bridge", bridge: bridgeOptionAttributes(changes.bridge) }),
    ...(changes.port && { slaveKind: "bridge", bridgePort: bridgePortAttributesOf(changes.port) }),
  };
  // RTM_SETLINK skips IFLA_LINKINFO without a word; RTM_NEWLINK on a link that exists honours it.
  const hasInfo = changes.bridge !== undefined || changes.port !== undefined;
  return {
    operation: `set ${formatLinkRef(link)} to ${formatChanges(changes)}`,
    request: routeRequest(hasInfo ? RTM_NEWLINK : RTM_SETLINK, 0, linkMessage, {
      header: {
        index: found.index,
        ...flagsOf(changes),
      },
      attributes: {
        ...(ifname !== undefined && { ifname }),
        ...(changes.mtu !== undefined && { mtu: changes.mtu }),
        ...(changes.mac !== undefined && { address: macBytes(changes.mac) }),
        ...(changes.master !== undefined && { master: changes.master === "none" ? 0 : changes.master }),
        ...(changes.alias !== undefined && { ifalias: changes.alias }),
        ...(changes.group !== undefined && { group: changes.group }),
        ...(changes.txQueueLength !== undefined && { txqlen: changes.txQueueLength }),
        ...familyAttributes(changes),
        ...(hasInfo && { linkinfo }),
      },
    }),
  };
}

function flagsOf({ up, promiscuous, allMulticast }: LinkChanges): { readonly flags: number; readonly change: number } {
  return {
    flags:
      (up === true ? IFF_UP : 0) |
      (promiscuous === true ? IFF_PROMISC : 0) |
      (allMulticast === true ? IFF_ALLMULTI : 0),
    change:
      (up === undefined ? 0 : IFF_UP) |
      (promiscuous === undefined ? 0 : IFF_PROMISC) |
      (allMulticast === undefined ? 0 : IFF_ALLMULTI),
  };
}

function familyAttributes({ ipv6AddressGeneration: mode, promoteSecondaries }: LinkChanges): LinkAttributesInput {
  if (mode === undefined && promoteSecondaries === undefined) return {};
  const conf = { promoteSecondaries: promoteSecondaries === true ? 1 : 0 };
  return {
    afSpec: {
      ...(promoteSecondaries !== undefined && { inet: ipv4LinkConf.encode({ conf }) }),
      ...(mode !== undefined && { inet6: { addrGenMode: Ipv6AddressGeneration[mode] } }),
    },
  };
}

/** As `setLinkStep`; where the link becomes a port and gets options as such, the kernel wants two requests. */
export function setLinkSteps(link: LinkRef, changes: LinkChanges): readonly Step[] {
  if (changes.master === undefined || changes.port === undefined) return [setLinkStep(link, changes)];
  const { master, ...rest } = changes;
  return [setLinkStep(link, { master }), setLinkStep(link, rest)];
}

/**
 * Gives a bridge an MTU to keep: otherwise it follows its smallest port whenever ports come and go. The kernel takes an
 * MTU as the user's only when that changes it (br_change_mtu() in net/bridge/br_device.c), and forgets one given at
 * creation: so another one comes first.
 */
export function fixBridgeMtuSteps(link: LinkRef, mtu: number): readonly [Step, Step] {
  const [other, wanted] = fixBridgeMtuChanges(mtu);
  return [setLinkStep(link, other), setLinkStep(link, wanted)];
}

/** The same for who changes more of the bridge at once: in two requests, in this order. */
export function fixBridgeMtuChanges(mtu: number): readonly [LinkChanges, LinkChanges] {
  return [{ mtu: mtu === MIN_MTU || mtu === IPV6_MIN_MTU ? mtu + 1 : mtu - 1 }, { mtu }];
}

const MIN_MTU = 68;
/** Below it the kernel takes all of IPv6 from a link, addresses and routes (addrconf_notify() in net/ipv6/addrconf.c). */
const IPV6_MIN_MTU = 1280;

function formatChanges(changes: LinkChanges): string {
  const words = Object.entries(changes).map(([key, value]) =>
    key === "up" ? (value === true ? "up" : "down") : `${key} ${JSON.stringify(value)}`,
  );
  return words.length === 0 ? "what it is" : words.join(", ");
}

/** A veth's other end goes with it. The sender waits about 20 ms for the ack, the link is gone after 1 ms. */
export function deleteLinkStep(link: LinkRef): Step {
  const { index, ifname } = findLinkBy(link);
  return {
    operation: `delete ${formatLinkRef(link)}`,
    request: routeRequest(RTM_DELLINK, 0, linkMessage, {
      header: { index },
      attributes: ifname === undefined ? {} : { ifname },
    }),
  };
}

/** All links of a group at once, for about the cost of one. `ENODEV` when there are none. */
export function deleteLinkGroupStep(group: number): Step {
  return {
    operation: `delete links of group ${group}`,
    request: routeRequest(RTM_DELLINK, 0, linkMessage, { header: {}, attributes: { group } }),
  };
}

/** Each 1 to 127 bytes. `EEXIST` when one is a name of any link already. */
export function addAltNamesStep(link: LinkRef, altNames: readonly string[]): Step {
  return altNamesStep(RTM_NEWLINKPROP, "add", link, altNames);
}

export function deleteAltNamesStep(link: LinkRef, altNames: readonly string[]): Step {
  return altNamesStep(RTM_DELLINKPROP, "delete", link, altNames);
}

function altNamesStep(type: number, verb: string, link: LinkRef, altNames: readonly string[]): Step {
  const { index, ifname } = findLinkBy(link);
  return {
    operation: `${verb} alternative names ${altNames.map((name) => JSON.stringify(name)).join(", ")} of ${formatLinkRef(link)}`,
    request: routeRequest(type, 0, linkMessage, {
      header: { index },
      attributes: { ...(ifname !== undefined && { ifname }), propList: { altIfname: altNames } },
    }),
  };
}
