import {
  broadcastAddress,
  type InterfaceAddress,
  type IpAddress,
  makePrefix,
  prefixAddress,
  prefixFamily,
  prefixLength,
} from "../../net/mod.ts";
import {
  AddressFlag,
  addressMessage,
  familyNumber,
  LIFETIME_FOREVER,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  RTM_DELADDR,
  RTM_NEWADDR,
  routeRequest,
  Scope,
} from "../../netlink/route/mod.ts";
import type { AddressScope, LinkIndex } from "../objects/mod.ts";
import { scopeNumber } from "./message-values.ts";
import type { Step } from "./step.ts";

export interface NewAddress {
  readonly link: LinkIndex;
  readonly address: InterfaceAddress;
  /** Default: the last address of an IPv4 prefix, as `ip addr add … brd +` has it; `"none"` for none. */
  readonly broadcast?: IpAddress | "none";
  readonly peer?: IpAddress;
  /** IPv4 only. Default: the link's name. */
  readonly label?: string;
  /** Default: `host` for loopback addresses, else `global`. */
  readonly scope?: AddressScope;
  /** IPv6: usable at once, without duplicate address detection. */
  readonly noDad?: boolean;
  readonly noPrefixRoute?: boolean;
  readonly routePriority?: number;
  /** Default: for ever. */
  readonly validSeconds?: number;
  readonly preferredSeconds?: number;
  /** Who gives it; kernels before 5.18 forget it. */
  readonly protocol?: number;
}

/** `EEXIST` when the link has the address. */
export function addAddressStep(address: NewAddress): Step {
  return newAddressStep("add", NLM_F_CREATE | NLM_F_EXCL, address);
}

/** Adds it, or changes its lifetimes and flags where the link has it. */
export function replaceAddressStep(address: NewAddress): Step {
  return newAddressStep("replace", NLM_F_CREATE | NLM_F_REPLACE, address);
}

function newAddressStep(verb: string, requestFlags: number, address: NewAddress): Step {
  const own = prefixAddress(address.address);
  const length = prefixLength(address.address);
  const flags =
    (address.noDad === true ? AddressFlag.nodad : 0) | (address.noPrefixRoute === true ? AddressFlag.noPrefixRoute : 0);
  const broadcast =
    address.broadcast === undefined && address.peer === undefined
      ? broadcastAddress(makePrefix(own, length))
      : address.broadcast;
  const lives = address.validSeconds !== undefined || address.preferredSeconds !== undefined;
  return {
    operation: `${verb} address ${address.address} ${verb === "add" ? "to" : "on"} link ${address.link}`,
    request: routeRequest(RTM_NEWADDR, requestFlags, addressMessage, {
      header: {
        family: familyNumber(prefixFamily(address.address)),
        prefixLength: length,
        flags: flags & 0xff,
        scope: address.scope === undefined ? defaultScope(own) : scopeNumber(address.scope),
        index: address.link,
      },
      attributes: {
        local: own,
        address: address.peer ?? own,
        ...(broadcast !== undefined && broadcast !== "none" && { broadcast }),
        ...(address.label !== undefined && { label: address.label }),
        ...(flags !== 0 && { flags }),
        ...(address.protocol !== undefined && { proto: address.protocol }),
        ...(address.routePriority !== undefined && { rtPriority: address.routePriority }),
        ...(lives && {
          cacheinfo: {
            valid: address.validSeconds ?? LIFETIME_FOREVER,
            preferred: address.preferredSeconds ?? address.validSeconds ?? LIFETIME_FOREVER,
          },
        }),
      },
    }),
  };
}

/** `EADDRNOTAVAIL` when the link does not have it. */
export function deleteAddressStep(link: LinkIndex, address: InterfaceAddress): Step {
  const own = prefixAddress(address);
  return {
    operation: `delete address ${address} of link ${link}`,
    request: routeRequest(RTM_DELADDR, 0, addressMessage, {
      header: { family: familyNumber(prefixFamily(address)), prefixLength: prefixLength(address), index: link },
      attributes: { local: own },
    }),
  };
}

function defaultScope(address: IpAddress): number {
  return address.startsWith("127.") || address === "::1" ? Scope.host : Scope.universe;
}
