import type { LinkName } from "../../net/mod.ts";
import {
  AF_BRIDGE,
  addressMessage,
  bridgePortMessage,
  linkMessage,
  linkMessageFamily,
  neighbourMessage,
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_DELNEIGH,
  RTM_DELROUTE,
  RTM_DELRULE,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWNEIGH,
  RTM_NEWROUTE,
  RTM_NEWRULE,
  routeMessage,
  ruleMessage,
} from "../../netlink/route/mod.ts";
import type { Address, BridgePort, FdbEntry, Link, LinkIndex, Neighbour, Route, RoutingRule } from "../objects/mod.ts";
import { addressFromMessage } from "./address-from-message.ts";
import type { RouteMessageBytes } from "./connection.ts";
import { bridgePort, linkFromMessage } from "./link-from-message.ts";
import { linkIndexOf, optionalLinkIndex } from "./message-values.ts";
import { fdbEntryFromMessage, neighbourFromMessage } from "./neighbour-from-message.ts";
import { routeFromMessage } from "./route-from-message.ts";
import { ruleFromMessage } from "./rule-from-message.ts";

/** What changed in the namespace. `changed` stands for "made or changed": the kernel says the same of both. */
export type RouteNotification =
  | { readonly kind: "link changed" | "link deleted"; readonly link: Link }
  | { readonly kind: "port changed" | "port left"; readonly port: PortChange }
  | { readonly kind: "address changed" | "address deleted"; readonly address: Address }
  | { readonly kind: "route changed" | "route deleted"; readonly route: Route }
  | { readonly kind: "neighbour changed" | "neighbour deleted"; readonly neighbour: Neighbour }
  | { readonly kind: "FDB entry changed" | "FDB entry deleted"; readonly entry: FdbEntry }
  | { readonly kind: "rule changed" | "rule deleted"; readonly rule: RoutingRule };

/** A link as port of its bridge; the bridge itself is told about as its own port. */
export interface PortChange {
  readonly link: LinkIndex;
  readonly name?: LinkName;
  readonly master?: LinkIndex;
  readonly options: BridgePort;
}

/**
 * What a message of a notification socket says; `undefined` for what this is not about.
 *
 * @throws {DecodeError} when the bytes do not have the shape of the message's type.
 */
export function decodeNotification(message: RouteMessageBytes): RouteNotification | undefined {
  const { type, payload } = message;
  switch (type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      return linkNotification(type === RTM_NEWLINK, payload);
    case RTM_NEWADDR:
    case RTM_DELADDR: {
      const address = addressFromMessage(addressMessage.decode(payload));
      return address && { kind: type === RTM_NEWADDR ? "address changed" : "address deleted", address };
    }
    case RTM_NEWROUTE:
    case RTM_DELROUTE: {
      const route = routeFromMessage(routeMessage.decode(payload));
      return route && { kind: type === RTM_NEWROUTE ? "route changed" : "route deleted", route };
    }
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
      return neighbourNotification(type === RTM_NEWNEIGH, payload);
    case RTM_NEWRULE:
    case RTM_DELRULE: {
      const rule = ruleFromMessage(ruleMessage.decode(payload));
      return rule && { kind: type === RTM_NEWRULE ? "rule changed" : "rule deleted", rule };
    }
    default:
      return undefined;
  }
}

function linkNotification(changed: boolean, payload: Uint8Array): RouteNotification {
  // Of family AF_BRIDGE, RTM_DELLINK says that a port left its bridge: the link may live on.
  if (linkMessageFamily(payload) !== AF_BRIDGE) {
    return { kind: changed ? "link changed" : "link deleted", link: linkFromMessage(linkMessage.decode(payload)) };
  }
  const { header, attributes } = bridgePortMessage.decode(payload);
  const master = optionalLinkIndex(attributes.master);
  return {
    kind: changed ? "port changed" : "port left",
    port: {
      link: linkIndexOf(header.index),
      ...(attributes.ifname !== undefined && { name: attributes.ifname as LinkName }), // the kernel's own name: it parsed it

      ...(master !== undefined && { master }),
      options: bridgePort(attributes.protinfo ?? {}),
    },
  };
}

function neighbourNotification(changed: boolean, payload: Uint8Array): RouteNotification | undefined {
  const message = neighbourMessage.decode(payload);
  const entry = fdbEntryFromMessage(message);
  if (entry !== undefined) return { kind: changed ? "FDB entry changed" : "FDB entry deleted", entry };
  const neighbour = neighbourFromMessage(message);
  return neighbour && { kind: changed ? "neighbour changed" : "neighbour deleted", neighbour };
}
