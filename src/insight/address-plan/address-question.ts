import {
  ADDRESS_BITS,
  addressFamily,
  type IpAddress,
  ipValue,
  netmask,
  parseInterfaceAddress,
  parseIpAddress,
  prefixAddress,
  prefixLength,
  wildcardMask,
} from "../../net/mod.ts";

/** What somebody wants to know of: an address, and how many of its bits are the network's. */
export interface AddressQuestion {
  readonly address: IpAddress;
  readonly lengthBits: number;
}

/**
 * Reads `10.0.0.5/24`, `10.0.0.5/255.255.255.0`, or an address alone. Host bits may be set.
 *
 * @throws {SyntaxError}
 */
export function parseAddressQuestion(text: string): AddressQuestion {
  const [, start = text, mask = ""] = /^([^/]+)\/(.+)$/.exec(text) ?? [];
  if (mask === "" && !text.includes("/")) {
    const address = parseIpAddress(text);
    return { address, lengthBits: ADDRESS_BITS[addressFamily(address)] };
  }
  if (/[.:]/.test(mask)) {
    const address = parseIpAddress(start);
    return { address, lengthBits: maskLength(text, { address, mask }) };
  }
  const address = parseInterfaceAddress(text);
  return { address: prefixAddress(address), lengthBits: prefixLength(address) };
}

function maskLength(text: string, { address, mask }: { readonly address: IpAddress; readonly mask: string }): number {
  const family = addressFamily(address);
  const refuse = (why: string): SyntaxError =>
    new SyntaxError(`Cannot parse address with netmask ${JSON.stringify(text)}: ${why}`);
  const parsed = parseIpAddress(mask);
  if (addressFamily(parsed) !== family) throw refuse("address and netmask are of two families");
  const value = ipValue(parsed);
  for (let length = 0; length <= ADDRESS_BITS[family]; length++) {
    if (ipValue(netmask(family, length)) === value) return length;
    // 0.0.0.0 is the netmask of everything and the wildcard of a single address: the netmask was found first.
    if (ipValue(wildcardMask(family, length)) === value && length > 0) {
      throw refuse(`it is a wildcard, want the netmask ${netmask(family, length)}`);
    }
  }
  throw refuse("its ones have gaps, want a netmask such as 255.255.255.0");
}
