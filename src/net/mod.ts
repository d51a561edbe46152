export { freePrefixes, nearestFreePrefix } from "./free-space.ts";
export { hostCount, hostRange, lengthForHosts, specialAddresses } from "./host-range.ts";
export {
  ADDRESS_BITS,
  addressFamily,
  compareIpAddresses,
  type IpAddress,
  type IpFamily,
  type Ipv4Address,
  type Ipv6Address,
  ipBytes,
  ipFromBytes,
  ipFromValue,
  ipValue,
  isUnspecified,
  parseIpAddress,
  parseIpv4Address,
  parseIpv6Address,
  unspecifiedAddress,
} from "./ip-address.ts";
export {
  type AddressRange,
  broadcastAddress,
  type InterfaceAddress,
  type IpPrefix,
  isDefaultRoute,
  makeInterfaceAddress,
  makePrefix,
  netmask,
  type PrefixSpan,
  parseAddressOrPrefix,
  parseInterfaceAddress,
  parseIpPrefix,
  prefixAddress,
  prefixContains,
  prefixCovers,
  prefixesOverlap,
  prefixFamily,
  prefixLength,
  prefixRange,
  prefixSize,
  prefixSpan,
  wildcardMask,
} from "./ip-prefix.ts";
export { type LinkName, parseLinkName } from "./link-name.ts";
export {
  isUnicastMac,
  linkLocalOf,
  localMacAddress,
  type MacAddress,
  macBytes,
  macFromBytes,
  parseMacAddress,
} from "./mac-address.ts";
export {
  formatPortRange,
  type Port,
  type PortRange,
  parsePort,
  parsePortRange,
  parseTransportProtocol,
  portRangeSize,
  type TransportProtocol,
  transportProtocols,
} from "./port.ts";
export { PrefixIndex } from "./prefix-index.ts";
export { reverseZones } from "./reverse-zone.ts";
export { type AddressKind, blockOf, blocksWithin, type SpecialBlock, specialBlocks } from "./special-purpose.ts";
export { partCount, splitPrefix } from "./split-prefix.ts";
export { LARGEST_PREFIX_LENGTH, unusablePrefix } from "./usable-prefix.ts";
