import {
  AF_BRIDGE,
  familyFromNumber,
  NeighbourFlag,
  type NeighbourMessage,
  NeighbourState,
} from "../../netlink/route/mod.ts";
import type { FdbEntry, Neighbour } from "../objects/mod.ts";
import { definedFields } from "./defined-fields.ts";
import { ethernetAddress, linkIndexOf, nameOf, optionalLinkIndex } from "./message-values.ts";

/** `undefined` for FDB entries and for families that are not IP. */
export function neighbourFromMessage({ header, attributes }: NeighbourMessage): Neighbour | undefined {
  if (familyFromNumber(header.family) === undefined || attributes.dst === undefined || header.index < 1)
    return undefined;
  return {
    link: linkIndexOf(header.index),
    address: attributes.dst,
    state: nameOf(NeighbourState, header.state) ?? "none",
    proxy: (header.flags & NeighbourFlag.proxy) !== 0,
    router: (header.flags & NeighbourFlag.router) !== 0,
    externallyLearned: (header.flags & NeighbourFlag.externallyLearned) !== 0,
    ...definedFields({ mac: ethernetAddress(attributes.lladdr) }),
  };
}

/** `undefined` for what is not an entry of a bridge or of a VXLAN link. */
export function fdbEntryFromMessage({ header, attributes }: NeighbourMessage): FdbEntry | undefined {
  const mac = ethernetAddress(attributes.lladdr);
  if (header.family !== AF_BRIDGE || mac === undefined || header.index < 1) return undefined;
  const permanent = (header.state & NeighbourState.permanent) !== 0;
  return {
    link: linkIndexOf(header.index),
    mac,
    local: permanent && attributes.dst === undefined,
    static: permanent || (header.state & NeighbourState.noarp) !== 0,
    externallyLearned: (header.flags & NeighbourFlag.externallyLearned) !== 0,
    sticky: (header.flags & NeighbourFlag.sticky) !== 0,
    ...definedFields({
      master: optionalLinkIndex(attributes.master),
      vlan: attributes.vlan,
      destination: attributes.dst,
      port: attributes.port,
      vni: attributes.vni,
      via: optionalLinkIndex(attributes.ifindex),
    }),
  };
}
