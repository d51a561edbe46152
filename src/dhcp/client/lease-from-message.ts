import type { DhcpLease } from "../../model/mod.ts";
import {
  isDefaultRoute,
  type MacAddress,
  makeInterfaceAddress,
  makePrefix,
  prefixAddress,
  specialAddresses,
} from "../../net/mod.ts";
import { isHostAddress, type ServerMessage } from "../codec/mod.ts";

/** A server that wants to be asked every second is asked no more often than this. */
const SHORTEST_SECONDS = 10;
/** Without a mask: what the address was worth before there were masks matters to nobody any more. */
const DEFAULT_PREFIX_LENGTH = 24;

/**
 * What an offer or an acknowledgement grants; `undefined` when it grants nothing that a host could use.
 *
 * @param sinceMs When it was asked for: the lease counts from there. RFC 2131 section 4.4.1.
 */
export function leaseFromMessage(message: ServerMessage, from: MacAddress, sinceMs: number): DhcpLease | undefined {
  const { yourAddress, serverId, leaseSeconds, prefixLength = DEFAULT_PREFIX_LENGTH } = message;
  if (serverId === undefined || leaseSeconds === undefined || !isHostAddress(yourAddress)) return undefined;
  if (leaseSeconds < SHORTEST_SECONDS) return undefined;
  if (specialAddresses(makePrefix(yourAddress, prefixLength)).has(yourAddress)) return undefined;
  // RFC 3442: who sends classless routes means them in place of the routers.
  const classless = message.classlessRoutes;
  const byDefault = classless.find(({ destination }) => isDefaultRoute(destination));
  const gateway = classless.length > 0 ? byDefault?.gateway : message.routers[0];
  const { domainName, searchDomains, mtu } = message;
  return {
    address: makeInterfaceAddress(yourAddress, prefixLength),
    server: serverId,
    serverMac: from,
    ...(gateway !== undefined && { gateway }),
    routes: classless.filter(
      ({ destination }) => !isDefaultRoute(destination) && prefixAddress(destination) !== "127.0.0.0",
    ),
    nameServers: message.nameServers,
    searchDomains: searchDomains.length > 0 ? searchDomains : domainName === undefined ? [] : [domainName],
    ...(mtu !== undefined && { mtu }),
    since: new Date(sinceMs).toISOString(),
    ...(Number.isFinite(leaseSeconds) && { leaseSeconds, ...renewalTimes(message, leaseSeconds) }),
  };
}

/** RFC 2131 section 4.4.5: half, and seven eighths, unless the server says other times that are in order. */
function renewalTimes(
  { renewalSeconds, rebindingSeconds }: ServerMessage,
  leaseSeconds: number,
): Pick<Required<DhcpLease>, "renewSeconds" | "rebindSeconds"> {
  const half = Math.floor(leaseSeconds / 2);
  const late = Math.floor(leaseSeconds * 0.875);
  const [renew, rebind] = [renewalSeconds ?? half, rebindingSeconds ?? late];
  const isInOrder = renew >= 1 && renew < rebind && rebind < leaseSeconds;
  return isInOrder ? { renewSeconds: renew, rebindSeconds: rebind } : { renewSeconds: half, rebindSeconds: late };
}
