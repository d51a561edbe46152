import { addressFamily, type IpAddress, type IpFamily, ipBytes, ipFromBytes } from "../../net/mod.ts";
import { type Codec, codec, mapped, u8 } from "../../wire/mod.ts";
import { AF_INET, AF_INET6 } from "./constants.ts";

/** 4 or 16 bytes in network order: the length says the family. */
export const ipAddress: Codec<IpAddress> = codec({
  write: (writer, value) => writer.bytes(ipBytes(value)),
  read(reader) {
    const { remaining } = reader;
    if (remaining !== 4 && remaining !== 16) throw reader.error(`want 4 or 16 bytes of IP address, have ${remaining}`);
    return ipFromBytes(reader.rest());
  },
});

/** One byte; the kernel reads every non-zero value as true. */
export const bool8: Codec<boolean> = mapped(
  u8,
  (value) => value !== 0,
  (value) => (value ? 1 : 0),
);

/** `AF_INET` or `AF_INET6`. */
export function familyNumber(family: IpFamily): number {
  return family === "ipv4" ? AF_INET : AF_INET6;
}

/** `undefined` for families that are not IP, such as MPLS. */
export function familyFromNumber(number: number): IpFamily | undefined {
  return number === AF_INET ? "ipv4" : number === AF_INET6 ? "ipv6" : undefined;
}

/** `AF_INET` or `AF_INET6` of an address. */
export function familyOf(address: IpAddress): number {
  return familyNumber(addressFamily(address));
}

/** A message's payload as all of rtnetlink has it: a fixed header, then attributes. */
export interface Headed<Header, Attributes> {
  readonly header: Header;
  readonly attributes: Attributes;
}

/** @param header Its size must be a multiple of four, as attributes start aligned. */
export function headed<Header, HeaderIn, Attributes, AttributesIn>(
  header: Codec<Header, HeaderIn>,
  attributes: Codec<Attributes, AttributesIn>,
): Codec<Headed<Header, Attributes>, Headed<HeaderIn, AttributesIn>> {
  const headerBytes = header.size ?? 0;
  return codec<Headed<Header, Attributes>, Headed<HeaderIn, AttributesIn>>({
    write(writer, value) {
      header.write(writer, value.header);
      attributes.write(writer, value.attributes);
    },
    read: (reader) => ({ header: header.read(reader), attributes: attributes.read(reader) }),
    locate: (bytes, offset) =>
      offset < headerBytes ? undefined : attributes.locate(bytes.subarray(headerBytes), offset - headerBytes),
  });
}
