import {
  familyFromNumber,
  NextHopFlag,
  type NextHopMessage,
  RouteFlag,
  type RouteMessage,
  RouteType,
} from "../../netlink/route/mod.ts";
import type { NextHop, Route } from "../objects/mod.ts";
import { definedFields } from "./defined-fields.ts";
import { linkIndexOf, nameOf, optionalLinkIndex, prefixOf, scopeName } from "./message-values.ts";

/** `undefined` for routes that are not IP, such as MPLS. */
export function routeFromMessage({ header, attributes }: RouteMessage): Route | undefined {
  const family = familyFromNumber(header.family);
  if (family === undefined) return undefined;
  return {
    family,
    destination: prefixOf(family, attributes.dst, header.destinationLength),
    type: nameOf(RouteType, header.type) ?? "unspecified",
    table: attributes.table ?? header.table,
    priority: attributes.priority ?? 0,
    protocol: header.protocol,
    scope: scopeName(header.scope),
    nextHops: nextHops({ header, attributes }),
    cached: (header.flags & RouteFlag.cloned) !== 0,
    ...(header.sourceLength > 0 && { source: prefixOf(family, attributes.src, header.sourceLength) }),
    ...definedFields({
      preferredSource: attributes.prefsrc,
      mtu: attributes.metrics?.mtu,
      advertisedMss: attributes.metrics?.advmss,
    }),
  };
}

function nextHops({ header, attributes }: RouteMessage): readonly NextHop[] {
  if (attributes.multipath !== undefined) return attributes.multipath.map(nextHopOfMany);
  const gateway = attributes.gateway ?? attributes.via;
  if (attributes.oif === undefined && gateway === undefined) return [];
  return [
    {
      weight: 1,
      ...hopFlags(header.flags),
      ...definedFields({ link: optionalLinkIndex(attributes.oif), gateway }),
    },
  ];
}

function nextHopOfMany({ header, attributes }: NextHopMessage): NextHop {
  return {
    weight: header.hops + 1,
    ...hopFlags(header.flags),
    ...definedFields({
      link: header.index > 0 ? linkIndexOf(header.index) : undefined,
      gateway: attributes.gateway ?? attributes.via,
    }),
  };
}

function hopFlags(flags: number): { readonly onlink: boolean; readonly unusable: boolean } {
  return {
    onlink: (flags & NextHopFlag.onlink) !== 0,
    unusable: (flags & (NextHopFlag.dead | NextHopFlag.linkdown)) !== 0,
  };
}
