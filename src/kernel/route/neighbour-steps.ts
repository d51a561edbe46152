import { type IpAddress, type MacAddress, macBytes } from "../../net/mod.ts";
import {
  AF_BRIDGE,
  familyOf,
  NeighbourFlag,
  NeighbourState,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  neighbourMessage,
  RTM_DELNEIGH,
  RTM_NEWNEIGH,
  routeRequest,
} from "../../netlink/route/mod.ts";
import type { LinkIndex, NeighbourStateName } from "../objects/mod.ts";
import type { Step } from "./step.ts";

export interface NewNeighbour {
  readonly link: LinkIndex;
  readonly address: IpAddress;
  /** Needed except for proxy entries. */
  readonly mac?: MacAddress;
  /** Default: `permanent`. */
  readonly state?: NeighbourStateName;
  /** We answer for the address on this link. */
  readonly proxy?: boolean;
  readonly router?: boolean;
  readonly externallyLearned?: boolean;
}

export function addNeighbourStep(neighbour: NewNeighbour): Step {
  return newNeighbourStep("add", NLM_F_CREATE | NLM_F_EXCL, neighbour);
}

export function replaceNeighbourStep(neighbour: NewNeighbour): Step {
  return newNeighbourStep("replace", NLM_F_CREATE | NLM_F_REPLACE, neighbour);
}

function newNeighbourStep(verb: string, requestFlags: number, neighbour: NewNeighbour): Step {
  const { link, address, mac } = neighbour;
  const flags =
    (neighbour.proxy === true ? NeighbourFlag.proxy : 0) |
    (neighbour.router === true ? NeighbourFlag.router : 0) |
    (neighbour.externallyLearned === true ? NeighbourFlag.externallyLearned : 0);
  return {
    operation: `${verb} neighbour ${address}${mac === undefined ? "" : ` at ${mac}`} on link ${link}`,
    request: routeRequest(RTM_NEWNEIGH, requestFlags, neighbourMessage, {
      header: { family: familyOf(address), index: link, state: NeighbourState[neighbour.state ?? "permanent"], flags },
      attributes: { dst: address, ...(mac !== undefined && { lladdr: macBytes(mac) }) },
    }),
  };
}

/** `ENOENT` when there is none. */
export function deleteNeighbourStep(neighbour: Pick<NewNeighbour, "link" | "address" | "proxy">): Step {
  return {
    operation: `delete neighbour ${neighbour.address} on link ${neighbour.link}`,
    request: routeRequest(RTM_DELNEIGH, 0, neighbourMessage, {
      header: {
        family: familyOf(neighbour.address),
        index: neighbour.link,
        flags: neighbour.proxy === true ? NeighbourFlag.proxy : 0,
      },
      attributes: { dst: neighbour.address },
    }),
  };
}

export interface NewFdbEntry {
  /** The bridge's port, or the VXLAN link. */
  readonly link: LinkIndex;
  readonly mac: MacAddress;
  /** `master`: the entry is the bridge's that the link is a port of. `self`: the link's own, as of VXLAN. */
  readonly owner: "master" | "self";
  /** Default `static`: does not age. `dynamic` ages, `local` belongs to the bridge itself. */
  readonly lifetime?: "static" | "dynamic" | "local";
  readonly vlan?: number;
  /** VXLAN: the far end. */
  readonly destination?: IpAddress;
  readonly vni?: number;
  /** VXLAN: UDP port of the far end. */
  readonly port?: number;
  readonly externallyLearned?: boolean;
  readonly sticky?: boolean;
}

export function addFdbEntryStep(entry: NewFdbEntry): Step {
  return fdbStep("add", RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, entry);
}

export function replaceFdbEntryStep(entry: NewFdbEntry): Step {
  return fdbStep("replace", RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, entry);
}

/** A further far end for the same MAC: VXLAN floods to all of them. */
export function appendFdbEntryStep(entry: NewFdbEntry): Step {
  return fdbStep("append", RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_APPEND, entry);
}

export function deleteFdbEntryStep(entry: NewFdbEntry): Step {
  return fdbStep("delete", RTM_DELNEIGH, 0, entry);
}

const lifetimes = {
  static: NeighbourState.noarp,
  dynamic: NeighbourState.reachable,
  local: NeighbourState.permanent,
} as const;

function fdbStep(verb: string, type: number, requestFlags: number, entry: NewFdbEntry): Step {
  const flags =
    (entry.owner === "self" ? NeighbourFlag.self : NeighbourFlag.master) |
    (entry.externallyLearned === true ? NeighbourFlag.externallyLearned : 0) |
    (entry.sticky === true ? NeighbourFlag.sticky : 0);
  const towards = entry.destination === undefined ? "" : ` to ${entry.destination}`;
  return {
    operation: `${verb} FDB entry ${entry.mac}${towards} of link ${entry.link}`,
    request: routeRequest(type, requestFlags, neighbourMessage, {
      header: { family: AF_BRIDGE, index: entry.link, state: lifetimes[entry.lifetime ?? "static"], flags },
      attributes: {
        ...(entry.destination !== undefined && { dst: entry.destination }),
        lladdr: macBytes(entry.mac),
        ...(entry.vlan !== undefined && { vlan: entry.vlan }),
        ...(entry.port !== undefined && { port: entry.port }),
        ...(entry.vni !== undefined && { vni: entry.vni }),
      },
    }),
  };
}
