import { addressFamily, type IpAddress, type LinkName, type MacAddress, macBytes } from "../../net/mod.ts";
import {
  AF_UNSPEC,
  IFF_UP,
  IpvlanFlag,
  IpvlanMode,
  type LinkAttributesInput,
  type LinkInfoInput,
  linkMessage,
  MacvlanMode,
  NLM_F_CREATE,
  NLM_F_EXCL,
  RTM_NEWLINK,
  routeRequest,
} from "../../netlink/route/mod.ts";
import type {
  BridgeOptions,
  IpvlanFlagName,
  IpvlanModeName,
  LinkIndex,
  MacvlanModeName,
  VxlanOptions,
} from "../objects/mod.ts";
import { bridgeOptionAttributes } from "./link-options.ts";
import type { Step } from "./step.ts";

/** What every kind of link may be given when it is made. The alias is not among them: the kernel ignores it then. */
export interface NewLink {
  readonly name: LinkName;
  /** Default: the next number of the namespace. `EBUSY` when it is taken. The kernel's own choice is not moved by it. */
  readonly index?: LinkIndex;
  readonly mtu?: number;
  readonly mac?: MacAddress;
  readonly master?: LinkIndex;
  readonly group?: number;
  readonly txQueueLength?: number;
  readonly txQueues?: number;
  readonly rxQueues?: number;
  /** Up at once. Not for a veth's peer, which cannot be (`ENOTCONN`). */
  readonly up?: boolean;
  /** Made in this namespace instead of the connection's own: an open descriptor of it. */
  readonly netnsFd?: number;
}

/** Its `index` is heeded only when the veth has one too. */
export interface VethPeer extends Omit<NewLink, "up" | "master"> {}

/**
 * An `index` far above those that the kernel hands out, which start at 1 in each namespace, keeps the two ends apart:
 * where both have the same one, linkwatch_urgent_event() in net/core/link_watch.c takes the link for one without a peer
 * and may report its carrier up to a second late.
 */
export interface NewVeth extends NewLink {
  readonly peer: VethPeer;
}

export interface NewBridge extends NewLink {
  readonly options?: BridgeOptions;
}

export interface NewMacvlan extends NewLink {
  /** The link that carries it: it must be in the connection's namespace. */
  readonly lower: LinkIndex;
  readonly mode: MacvlanModeName;
}

export interface NewIpvlan extends NewLink {
  readonly lower: LinkIndex;
  readonly mode: IpvlanModeName;
  /** Whether links of one parent reach each other: directly, not at all, by the switch behind it. Default: `bridge`. */
  readonly flag?: IpvlanFlagName;
}

export interface NewVlan extends NewLink {
  readonly lower: LinkIndex;
  /** 1 to 4094. */
  readonly id: number;
}

export interface NewVrf extends NewLink {
  /** Of its routes. */
  readonly table: number;
}

export interface NewVxlan extends NewLink {
  readonly options: VxlanOptions;
}

/** @throws never; the kernel's refusals come when the step is sent: `EEXIST` name taken, `EOPNOTSUPP` no such kind. */
export function createVethStep(veth: NewVeth): Step {
  const { peer } = veth;
  const attributes = { ifname: peer.name, ...newLinkAttributes(peer) };
  return createStep("veth", veth, { kind: "veth", veth: { peer: { header: { index: peer.index ?? 0 }, attributes } } });
}

/** An MTU given here lasts until the first port comes; `fixBridgeMtuSteps` makes it stay. */
export function createBridgeStep(bridge: NewBridge): Step {
  const options = bridge.options && { bridge: bridgeOptionAttributes(bridge.options) };
  return createStep("bridge", bridge, { kind: "bridge", ...options });
}

export function createMacvlanStep(macvlan: NewMacvlan): Step {
  const info = { kind: "macvlan", macvlan: { mode: MacvlanMode[macvlan.mode] } };
  return createStep("macvlan", macvlan, info, { link: macvlan.lower });
}

export function createIpvlanStep(ipvlan: NewIpvlan): Step {
  const flags = ipvlan.flag === undefined ? {} : { flags: IpvlanFlag[ipvlan.flag] };
  const info = { kind: "ipvlan", ipvlan: { mode: IpvlanMode[ipvlan.mode], ...flags } };
  return createStep("ipvlan", ipvlan, info, { link: ipvlan.lower });
}

export function createVlanStep(vlan: NewVlan): Step {
  return createStep("vlan", vlan, { kind: "vlan", vlan: { id: vlan.id } }, { link: vlan.lower });
}

export function createVrfStep(vrf: NewVrf): Step {
  return createStep("vrf", vrf, { kind: "vrf", vrf: { table: vrf.table } });
}

export function createVxlanStep(vxlan: NewVxlan): Step {
  const { options } = vxlan;
  return createStep("vxlan", vxlan, {
    kind: "vxlan",
    vxlan: {
      id: options.vni,
      ...(options.group && byFamily(options.group, "group", "group6")),
      ...(options.local && byFamily(options.local, "local", "local6")),
      ...(options.lower !== undefined && { link: options.lower }),
      ...(options.ttl !== undefined && { ttl: options.ttl }),
      ...(options.learning !== undefined && { learning: options.learning }),
      ...(options.ageingSeconds !== undefined && { ageing: options.ageingSeconds }),
      ...(options.proxy !== undefined && { proxy: options.proxy }),
      ...(options.l2miss !== undefined && { l2miss: options.l2miss }),
      ...(options.l3miss !== undefined && { l3miss: options.l3miss }),
      port: options.port ?? IANA_VXLAN_PORT,
    },
  });
}

/** Without a port the kernel would take 8472, which Linux used before RFC 7348 gave one. */
const IANA_VXLAN_PORT = 4789;

export function createIfbStep(link: NewLink): Step {
  return createStep("ifb", link, { kind: "ifb" });
}

export function createDummyStep(link: NewLink): Step {
  return createStep("dummy", link, { kind: "dummy" });
}

function createStep(kind: string, link: NewLink, linkinfo: LinkInfoInput, more: LinkAttributesInput = {}): Step {
  return {
    operation: `create ${kind} ${JSON.stringify(link.name)}`,
    request: routeRequest(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, linkMessage, {
      header: { family: AF_UNSPEC, index: link.index ?? 0, ...(link.up === true && { flags: IFF_UP, change: IFF_UP }) },
      attributes: {
        ifname: link.name,
        ...newLinkAttributes(link),
        ...(link.master !== undefined && { master: link.master }),
        ...more,
        linkinfo,
      },
    }),
  };
}

function newLinkAttributes(link: Omit<NewLink, "name" | "index" | "master" | "up">) {
  return {
    ...(link.mac !== undefined && { address: macBytes(link.mac) }),
    ...(link.mtu !== undefined && { mtu: link.mtu }),
    ...(link.group !== undefined && { group: link.group }),
    ...(link.txQueueLength !== undefined && { txqlen: link.txQueueLength }),
    ...(link.txQueues !== undefined && { numTxQueues: link.txQueues }),
    ...(link.rxQueues !== undefined && { numRxQueues: link.rxQueues }),
    ...(link.netnsFd !== undefined && { netNsFd: link.netnsFd }),
  };
}

function byFamily<Four extends string, Six extends string>(
  address: IpAddress,
  four: Four,
  six: Six,
): { readonly [K in Four | Six]?: IpAddress } {
  return { [addressFamily(address) === "ipv4" ? four : six]: address } as { readonly [K in Four | Six]?: IpAddress };
}
