import type { OperationRequest } from "../../contract/mod.ts";
import {
  addressFamily,
  type IpPrefix,
  makePrefix,
  parseInterfaceAddress,
  parseIpAddress,
  prefixAddress,
  prefixContains,
  prefixesOverlap,
  prefixFamily,
  prefixLength,
} from "../../net/mod.ts";
import { ApiError } from "./api-error.ts";
import type { Fields } from "./fields.ts";

type SubnetRequest = NonNullable<OperationRequest<"createNetwork">["subnets"]>[number];

/**
 * Reads `IPAM.Config`, and says all of its faults at once, as Docker does. Source: moby, daemon/network.go, validateIpamConfig.
 *
 * @throws {ApiError} 400.
 */
export function readIpamConfig(configs: readonly Fields[]): readonly SubnetRequest[] {
  const asked = configs.map((config) => ({
    subnet: config.text("Subnet"),
    range: config.text("IPRange"),
    gateway: config.text("Gateway"),
    auxiliary: config.textMap("AuxiliaryAddresses"),
  }));
  const faults = asked.flatMap(configFaults);
  if (faults.length > 0) throw new ApiError(400, `invalid network config:\n${faults.join("\n")}`);
  return asked.map(({ subnet, range, gateway, auxiliary }) => ({
    ...(subnet !== "" && { prefix: subnet }),
    ...(range !== "" && { range }),
    ...(gateway !== "" && { gateway }),
    auxiliary,
  }));
}

interface AskedConfig {
  readonly subnet: string;
  readonly range: string;
  readonly gateway: string;
  readonly auxiliary: Readonly<Record<string, string>>;
}

function configFaults({ subnet, range, gateway, auxiliary }: AskedConfig): readonly string[] {
  if (subnet === "") return [];
  const prefix = parsePrefix(subnet);
  if (prefix === undefined) return [`invalid subnet ${subnet}: invalid CIDR block notation`];
  return [
    ...hostBitFaults("subnet", subnet, prefix),
    ...(range === "" ? [] : rangeFaults(range, prefix.masked)),
    ...(gateway === "" ? [] : addressFaults(`gateway ${gateway}`, gateway, prefix.masked)),
    ...Object.entries(auxiliary).flatMap(([name, address]) =>
      addressFaults(`auxiliary address ${name}`, address, prefix.masked),
    ),
  ];
}

function rangeFaults(text: string, subnet: IpPrefix): readonly string[] {
  const fault = (why: string): string => `invalid ip-range ${text}: ${why}`;
  const range = parsePrefix(text);
  if (range === undefined) return [fault("invalid CIDR block notation")];
  if (prefixFamily(range.masked) !== prefixFamily(subnet)) return [fault(`parent subnet is ${blockOf(subnet)}`)];
  return [
    ...(prefixLength(range.masked) < prefixLength(subnet)
      ? [fault(`CIDR block is bigger than its parent subnet ${subnet}`)]
      : []),
    ...hostBitFaults("ip-range", text, range),
    ...(prefixesOverlap(range.masked, subnet) ? [] : [fault(`parent subnet ${subnet} doesn't contain ip-range`)]),
  ];
}

function addressFaults(what: string, text: string, subnet: IpPrefix): readonly string[] {
  const address = attempt(() => parseIpAddress(text));
  if (address === undefined) return [`invalid ${what}: invalid address`];
  if (addressFamily(address) !== prefixFamily(subnet)) return [`invalid ${what}: parent subnet is ${blockOf(subnet)}`];
  return prefixContains(subnet, address)
    ? []
    : [`invalid ${what}: parent subnet ${subnet} doesn't contain this address`];
}

function hostBitFaults(what: string, text: string, { written, masked }: WrittenPrefix): readonly string[] {
  return written === masked ? [] : [`invalid ${what} ${text}: it should be ${masked}`];
}

function blockOf(prefix: IpPrefix): string {
  return prefixFamily(prefix) === "ipv4" ? "an IPv4 block" : "an IPv6 block";
}

/** As it is written, and with its host bits cleared. */
interface WrittenPrefix {
  readonly written: string;
  readonly masked: IpPrefix;
}

function parsePrefix(text: string): WrittenPrefix | undefined {
  return attempt(() => {
    const written = parseInterfaceAddress(text);
    return { written, masked: makePrefix(prefixAddress(written), prefixLength(written)) };
  });
}

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
