import type { BridgeAttributesInput, BridgePortAttributesInput } from "../../netlink/route/mod.ts";
import { type BridgeOptions, type BridgePortOptions, bridgePortStates } from "../objects/mod.ts";

const hundredths = (milliseconds: number | undefined): number | undefined =>
  milliseconds === undefined ? undefined : Math.round(milliseconds / 10);

/** Our words for a bridge's options as the kernel's attributes. */
export function bridgeOptionAttributes(options: BridgeOptions): BridgeAttributesInput {
  return {
    stpState: options.stp === undefined ? undefined : Number(options.stp),
    vlanFiltering: options.vlanFiltering,
    vlanDefaultPvid: options.vlanDefaultPvid,
    forwardDelay: hundredths(options.forwardDelayMs),
    helloTime: hundredths(options.helloTimeMs),
    maxAge: hundredths(options.maxAgeMs),
    ageingTime: hundredths(options.ageingTimeMs),
    priority: options.priority,
    mcastSnooping: options.mcastSnooping,
    mcastQuerier: options.mcastQuerier,
    groupFwdMask: options.groupForwardMask,
    nfCallIptables: options.callIptables,
    nfCallIp6tables: options.callIp6tables,
    nfCallArptables: options.callArptables,
    fdbMaxLearned: options.fdbMaxLearned,
  };
}

export function bridgePortAttributesOf(options: BridgePortOptions): BridgePortAttributesInput {
  return {
    state: options.state === undefined ? undefined : bridgePortStates.indexOf(options.state),
    priority: options.priority,
    cost: options.cost,
    isolated: options.isolated,
    mode: options.hairpin,
    learning: options.learning,
    unicastFlood: options.unicastFlood,
    mcastFlood: options.multicastFlood,
    bcastFlood: options.broadcastFlood,
    mcastToUcast: options.multicastToUnicast,
    fastLeave: options.fastLeave,
    neighSuppress: options.neighbourSuppress,
    proxyarp: options.proxyArp,
    guard: options.bpduGuard,
    protect: options.rootBlock,
    locked: options.locked,
  };
}
