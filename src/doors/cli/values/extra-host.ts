import { type DnsName, parseDnsName } from "../../../model/mod.ts";
import { type IpAddress, parseIpAddress } from "../../../net/mod.ts";

export interface ExtraHost {
  readonly name: DnsName;
  readonly address: IpAddress | "host-gateway";
}

/** `NAME:ADDRESS` or `NAME=ADDRESS`. @throws {SyntaxError} */
export function parseExtraHost(text: string): ExtraHost {
  // The equals sign wins: an IPv6 address is full of colons, a name has none.
  const [, name, address] = /^([^=:]+)[=:](.+)$/.exec(text) ?? [];
  if (name === undefined || address === undefined) {
    throw new SyntaxError("want NAME:ADDRESS, such as db:10.0.0.5 or gateway:host-gateway");
  }
  const bare = address.replace(/^\[(.*)\]$/, "$1");
  return { name: parseDnsName(name), address: bare === "host-gateway" ? bare : parseIpAddress(bare) };
}
