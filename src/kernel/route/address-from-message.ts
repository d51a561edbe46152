import { makeInterfaceAddress } from "../../net/mod.ts";
import { AddressFlag, type AddressMessage, LIFETIME_FOREVER } from "../../netlink/route/mod.ts";
import type { Address } from "../objects/mod.ts";
import { definedFields } from "./defined-fields.ts";
import { linkIndexOf, scopeName } from "./message-values.ts";

/** `undefined` where the message has no address of its own, as for multicast memberships. */
export function addressFromMessage({ header, attributes }: AddressMessage): Address | undefined {
  const own = attributes.local ?? attributes.address;
  if (own === undefined) return undefined;
  const flags = attributes.flags ?? header.flags;
  const peer = attributes.address === own ? undefined : attributes.address;
  return {
    link: linkIndexOf(header.index),
    address: makeInterfaceAddress(own, header.prefixLength),
    scope: scopeName(header.scope),
    secondary: (flags & AddressFlag.secondary) !== 0,
    noDad: (flags & AddressFlag.nodad) !== 0,
    tentative: (flags & AddressFlag.tentative) !== 0,
    dadFailed: (flags & AddressFlag.dadFailed) !== 0,
    deprecated: (flags & AddressFlag.deprecated) !== 0,
    noPrefixRoute: (flags & AddressFlag.noPrefixRoute) !== 0,
    permanent: (flags & AddressFlag.permanent) !== 0,
    ...definedFields({
      peer,
      broadcast: attributes.broadcast,
      label: attributes.label,
      routePriority: attributes.rtPriority,
      validSeconds: lifetime(attributes.cacheinfo?.valid),
      preferredSeconds: lifetime(attributes.cacheinfo?.preferred),
      protocol: attributes.proto || undefined,
    }),
  };
}

function lifetime(seconds: number | undefined): number | undefined {
  return seconds === LIFETIME_FOREVER ? undefined : seconds;
}
