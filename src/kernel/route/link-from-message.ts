import type { LinkName } from "../../net/mod.ts";
import {
  type BridgeAttributes,
  type BridgePortAttributes,
  IFF_LOOPBACK,
  IFF_LOWER_UP,
  IFF_UP,
  IpvlanFlag,
  IpvlanMode,
  type LinkInfo,
  type LinkMessage,
  type LinkSummaryMessage,
  MacvlanMode,
  type VxlanAttributes,
} from "../../netlink/route/mod.ts";
import {
  type BridgeOptions,
  type BridgePort,
  bridgePortStates,
  type Link,
  type LinkDetail,
  type LinkSummary,
  operStates,
  type VxlanOptions,
} from "../objects/mod.ts";
import { definedFields } from "./defined-fields.ts";
import { ethernetAddress, linkIndexOf, nameOf, optionalLinkIndex } from "./message-values.ts";

/** What a link message says, in our words. */
export function linkFromMessage({ header, attributes }: LinkMessage): Link {
  return {
    index: linkIndexOf(header.index),
    name: (attributes.ifname ?? "") as LinkName, // the kernel's dev_valid_name() is the parser of its own names
    altNames: attributes.propList?.altIfname ?? [],
    detail: linkDetail(attributes.linkinfo),
    loopback: (header.flags & IFF_LOOPBACK) !== 0,
    mtu: attributes.mtu ?? 0,
    up: (header.flags & IFF_UP) !== 0,
    carrier: attributes.carrier ?? (header.flags & IFF_LOWER_UP) !== 0,
    operState: operStates[attributes.operstate ?? 0] ?? "unknown",
    flags: header.flags,
    promiscuous: (attributes.promiscuity ?? 0) > 0,
    group: attributes.group ?? 0,
    ...definedFields({
      alias: attributes.ifalias,
      master: optionalLinkIndex(attributes.master),
      lower: optionalLinkIndex(attributes.link),
      mac: ethernetAddress(attributes.address),
      minMtu: attributes.minMtu || undefined,
      maxMtu: attributes.maxMtu || undefined,
      peerNetnsId: attributes.linkNetnsid === -1 ? undefined : attributes.linkNetnsid,
      txQueueLength: attributes.txqlen,
      txQueues: attributes.numTxQueues,
      rxQueues: attributes.numRxQueues,
      gsoMaxBytes: attributes.gsoMaxSize,
      gsoMaxSegments: attributes.gsoMaxSegs,
      qdisc: attributes.qdisc,
      port: attributes.linkinfo?.bridgePort && bridgePort(attributes.linkinfo.bridgePort),
      counters: attributes.stats64,
    }),
  };
}

/** What a link message says without options and counters. */
export function linkSummaryFromMessage({ header, attributes }: LinkSummaryMessage): LinkSummary {
  return {
    index: linkIndexOf(header.index),
    name: (attributes.ifname ?? "") as LinkName,
    altNames: attributes.propList?.altIfname ?? [],
    kind: attributes.linkinfo?.kind ?? "physical",
    loopback: (header.flags & IFF_LOOPBACK) !== 0,
    up: (header.flags & IFF_UP) !== 0,
    mtu: attributes.mtu ?? 0,
    group: attributes.group ?? 0,
    ...definedFields({
      alias: attributes.ifalias,
      master: optionalLinkIndex(attributes.master),
      mac: ethernetAddress(attributes.address),
      qdisc: attributes.qdisc,
    }),
  };
}

function linkDetail(info: LinkInfo | undefined): LinkDetail {
  if (info?.kind === undefined) return { kind: "physical" };
  switch (info.kind) {
    case "veth":
      return { kind: "veth" };
    case "bridge":
      return { kind: "bridge", options: bridgeOptions(info.bridge ?? {}) };
    case "macvlan":
      return { kind: "macvlan", mode: nameOf(MacvlanMode, info.macvlan?.mode) ?? "vepa" };
    case "ipvlan":
      return {
        kind: "ipvlan",
        mode: nameOf(IpvlanMode, info.ipvlan?.mode) ?? "l3",
        flag: nameOf(IpvlanFlag, info.ipvlan?.flags) ?? "bridge",
      };
    case "vlan":
      return { kind: "vlan", id: info.vlan?.id ?? 0 };
    case "vrf":
      return { kind: "vrf", table: info.vrf?.table ?? 0 };
    case "vxlan":
      return { kind: "vxlan", options: vxlanOptions(info.vxlan ?? {}) };
    case "tun":
      return { kind: "tun", type: info.tun?.type === 2 ? "tap" : "tun", persistent: info.tun?.persist ?? false };
    default:
      return { kind: "other", name: info.kind };
  }
}

const milliseconds = (hundredths: number | undefined): number | undefined =>
  hundredths === undefined ? undefined : hundredths * 10;

function bridgeOptions(attributes: BridgeAttributes): BridgeOptions {
  return definedFields({
    stp: attributes.stpState === undefined ? undefined : attributes.stpState !== 0,
    vlanFiltering: attributes.vlanFiltering,
    vlanDefaultPvid: attributes.vlanDefaultPvid,
    forwardDelayMs: milliseconds(attributes.forwardDelay),
    helloTimeMs: milliseconds(attributes.helloTime),
    maxAgeMs: milliseconds(attributes.maxAge),
    ageingTimeMs: milliseconds(attributes.ageingTime),
    priority: attributes.priority,
    mcastSnooping: attributes.mcastSnooping,
    mcastQuerier: attributes.mcastQuerier,
    groupForwardMask: attributes.groupFwdMask,
    callIptables: attributes.nfCallIptables,
    callIp6tables: attributes.nfCallIp6tables,
    callArptables: attributes.nfCallArptables,
    fdbMaxLearned: attributes.fdbMaxLearned,
  });
}

export function bridgePort(attributes: BridgePortAttributes): BridgePort {
  return definedFields({
    state: attributes.state === undefined ? undefined : bridgePortStates[attributes.state],
    priority: attributes.priority,
    cost: attributes.cost,
    isolated: attributes.isolated,
    hairpin: attributes.mode,
    learning: attributes.learning,
    unicastFlood: attributes.unicastFlood,
    multicastFlood: attributes.mcastFlood,
    broadcastFlood: attributes.bcastFlood,
    multicastToUnicast: attributes.mcastToUcast,
    fastLeave: attributes.fastLeave,
    neighbourSuppress: attributes.neighSuppress,
    proxyArp: attributes.proxyarp,
    bpduGuard: attributes.guard,
    rootBlock: attributes.protect,
    locked: attributes.locked,
  });
}

function vxlanOptions(attributes: VxlanAttributes): VxlanOptions {
  return {
    vni: attributes.id ?? 0,
    ...definedFields({
      group: attributes.group ?? attributes.group6,
      local: attributes.local ?? attributes.local6,
      lower: optionalLinkIndex(attributes.link),
      port: attributes.port,
      learning: attributes.learning,
      proxy: attributes.proxy,
      l2miss: attributes.l2miss,
      l3miss: attributes.l3miss,
      ttl: attributes.ttl,
      ageingSeconds: attributes.ageing,
    }),
  };
}
