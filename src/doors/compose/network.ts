import type { SubnetRequest } from "../../contract/mod.ts";
import {
  enabledFamilies,
  hasEndpoints,
  type IpamDriverName,
  ipamDrivers,
  parseBridgeOptions,
  parseIpamOptions,
  parseIpvlanOptions,
  parseMacvlanOptions,
  parseNetworkId,
  parseObjectName,
} from "../../model/mod.ts";
import {
  type IpAddress,
  type IpPrefix,
  parseIpAddress,
  parseIpPrefix,
  prefixContains,
  prefixCovers,
  prefixesOverlap,
} from "../../net/mod.ts";
import { checkKeys, suggest, type Warn } from "./check-keys.ts";
import type { ComposeNetwork } from "./compose-project.ts";
import {
  booleanOf,
  child,
  entriesOf,
  type Field,
  itemsOf,
  type KeyedField,
  located,
  pairsOf,
  parsedOf,
  refuse,
  refuseKey,
  textMapOf,
  textOf,
  unexpected,
} from "./field.ts";
import { IPAM_KEYS, NETWORK_KEYS, SUBNET_KEYS } from "./key-tables.ts";

/** Options are checked before there is a network; the id only names a bridge that the options do not name. */
const NO_NETWORK = parseNetworkId("0".repeat(64));

const DRIVERS = ["bridge", "macvlan", "ipvlan", "host", "none"] as const;

export interface NetworkContext {
  readonly project: string;
  readonly warn: Warn;
}

/** One entry of the top-level `networks`. */
export function readNetwork(field: KeyedField, { project, warn }: NetworkContext): ComposeNetwork {
  checkKeys(field, NETWORK_KEYS, warn, "a mapping, or nothing");
  const name = child(field, "name") ?? externalName(field);
  const external = isExternal(field);
  if (external) return externalNetwork(field, name);
  const driver = readDriver(child(field, "driver"));
  const options = readOptions(child(field, "driver_opts"), driver);
  const ipam = child(field, "ipam");
  const subnets = readIpam(ipam, warn);
  const ipamDriver = ipam && readIpamDriver(child(ipam, "driver"));
  const ipamOptions = ipam && child(ipam, "options");
  const enabled = hasEndpoints(driver) ? enabledFamilies(options) : {};
  const ipv4 = booleanChild(field, "enable_ipv4") ?? enabled.ipv4 ?? true;
  const ipv6 = booleanChild(field, "enable_ipv6") ?? enabled.ipv6;
  checkFamilies(field, { ipv4, ipv6, subnets });
  const network: ComposeNetwork = {
    key: field.key,
    name:
      name === undefined
        ? located(field, () => parseObjectName(`${project}_${field.key}`))
        : parsedOf(name, parseObjectName),
    external: false,
    driver,
    options,
    ...(ipamDriver !== undefined && { ipamDriver }),
    ...(ipamOptions !== undefined && { ipamOptions: readIpamOptions(ipamOptions) }),
    subnets,
    ipv4,
    ...(ipv6 !== undefined && { ipv6 }),
    internal: booleanChild(field, "internal") ?? false,
    attachable: booleanChild(field, "attachable") ?? false,
    labels: textMapOf(child(field, "labels")),
    position: field.keyPosition,
  };
  if (!hasEndpoints(driver)) checkPlain(field, network);
  return network;
}

/** A network that nobody describes: the implicit `default`, or one that is there already. */
export function plainNetwork(key: string, name: string, external = false): ComposeNetwork {
  return {
    key,
    name: parseObjectName(name),
    external,
    driver: "bridge",
    options: {},
    subnets: [],
    ipv4: true,
    internal: false,
    attachable: false,
    labels: {},
  };
}

function isExternal(field: Field): boolean {
  const external = child(field, "external");
  // `external: { name: … }` is the form of version 2 files.
  return external !== undefined && (external.node.kind === "map" || booleanOf(external));
}

function externalName(field: Field): KeyedField | undefined {
  const external = child(field, "external");
  return external?.node.kind === "map" ? child(external, "name") : undefined;
}

function externalNetwork(field: KeyedField, name: KeyedField | undefined): ComposeNetwork {
  const other = entriesOf(field).find(({ key }) => key !== "external" && key !== "name");
  if (other !== undefined) {
    throw refuseKey(other, 'an external network is as it is: want only "name" beside "external: true"');
  }
  const network = located(name ?? field, () =>
    plainNetwork(field.key, name === undefined ? field.key : textOf(name), true),
  );
  return { ...network, position: field.keyPosition };
}

function readDriver(field: Field | undefined): (typeof DRIVERS)[number] {
  if (field === undefined) return "bridge";
  const text = textOf(field);
  if (text === "" || text === "default") return "bridge";
  if (text === "null") return "none"; // Docker's name of the driver behind `none`
  const found = DRIVERS.find((driver) => driver === text);
  if (found !== undefined) return found;
  if (text === "overlay") {
    throw refuse(field, 'the driver "overlay" comes with a later version of Weft: want bridge, macvlan or ipvlan');
  }
  throw refuse(field, `unknown driver ${JSON.stringify(text)}: ${suggest(text, DRIVERS)}`);
}

function readOptions(field: Field | undefined, driver: (typeof DRIVERS)[number]): Readonly<Record<string, string>> {
  if (field === undefined) return {};
  const options = textMapOf(field);
  for (const [key, { value, at }] of pairsOf(field)) located(at, () => checkOptions(driver, { [key]: value ?? "" }));
  located(field, () => checkOptions(driver, options)); // what does not go together
  return options;
}

function checkOptions(driver: (typeof DRIVERS)[number], options: Readonly<Record<string, string>>): void {
  switch (driver) {
    case "bridge":
      return void parseBridgeOptions(options, NO_NETWORK);
    case "macvlan":
      return void parseMacvlanOptions(options);
    case "ipvlan":
      return void parseIpvlanOptions(options);
    case "host":
    case "none":
      return; // they have none: refused by their key
  }
}

function booleanChild(field: Field, key: string): boolean | undefined {
  const found = child(field, key);
  return found === undefined ? undefined : booleanOf(found);
}

function readIpamDriver(field: Field | undefined): IpamDriverName | undefined {
  if (field === undefined) return undefined;
  const found = ipamDrivers.find((driver) => driver === textOf(field));
  if (found !== undefined) return found;
  throw refuse(field, `Weft does not serve the address driver ${JSON.stringify(textOf(field))}: want default or dhcp`);
}

function readIpam(field: Field | undefined, warn: Warn): readonly SubnetRequest[] {
  if (field === undefined) return [];
  checkKeys(field, IPAM_KEYS, warn);
  const config = child(field, "config");
  if (config === undefined) return [];
  const subnets: { readonly request: SubnetRequest; readonly item: Field }[] = [];
  for (const item of itemsOf(config, "a list of subnets")) {
    const request = readSubnet(item, warn);
    const { prefix } = request;
    const clash = subnets.find(
      (other) => prefix && other.request.prefix && prefixesOverlap(prefix, other.request.prefix),
    );
    if (clash !== undefined) {
      throw refuse(
        child(item, "subnet") ?? item,
        `${prefix} overlaps ${clash.request.prefix} of the same network: want subnets apart`,
      );
    }
    subnets.push({ request, item });
  }
  return subnets.map(({ request }) => request);
}

function readIpamOptions(field: Field): Readonly<Record<string, string>> {
  const options = textMapOf(field);
  located(field, () => parseIpamOptions(options));
  return options;
}

function readSubnet(item: Field, warn: Warn): SubnetRequest {
  checkKeys(item, SUBNET_KEYS, warn, 'a mapping with "subnet"');
  const subnet = child(item, "subnet");
  const prefix = subnet === undefined ? undefined : parsedOf(subnet, parseIpPrefix, "a subnet, such as 10.0.0.0/24");
  const gateway = readInside(child(item, "gateway"), prefix);
  const range = readRange(child(item, "ip_range"), prefix);
  const auxiliary = readAuxiliary(child(item, "aux_addresses"), prefix);
  return {
    ...(prefix !== undefined && { prefix }),
    ...(gateway !== undefined && { gateway }),
    ...(range !== undefined && { range }),
    ...(auxiliary !== undefined && { auxiliary }),
  };
}

function readInside(field: Field | undefined, prefix: IpPrefix | undefined): IpAddress | undefined {
  if (field === undefined) return undefined;
  const address = parsedOf(field, parseIpAddress, "an address");
  if (prefix === undefined) throw refuse(field, `"subnet" is missing beside it: want the subnet that ${address} is of`);
  if (!prefixContains(prefix, address))
    throw refuse(field, `${address} lies outside the subnet: want an address in ${prefix}`);
  return address;
}

function readRange(field: Field | undefined, prefix: IpPrefix | undefined): IpPrefix | undefined {
  if (field === undefined) return undefined;
  const range = parsedOf(field, parseIpPrefix, "a range, such as 10.0.0.128/25");
  if (prefix === undefined) throw refuse(field, `"subnet" is missing beside it: want the subnet that ${range} is of`);
  if (!prefixCovers(prefix, range)) throw refuse(field, `${range} lies outside the subnet: want a range in ${prefix}`);
  return range;
}

function readAuxiliary(
  field: Field | undefined,
  prefix: IpPrefix | undefined,
): Readonly<Record<string, IpAddress>> | undefined {
  if (field === undefined) return undefined;
  const addresses: Record<string, IpAddress> = {};
  for (const [name, { at }] of pairsOf(field)) {
    const address = readInside(field.node.kind === "list" ? pairValue(at) : at, prefix);
    if (address !== undefined) addresses[name] = address;
  }
  return addresses;
}

/** The part after the equals sign, as a field of its own. */
function pairValue(at: Field): Field {
  const text = textOf(at);
  const value = text.slice(text.indexOf("=") + 1);
  return { path: at.path, node: { kind: "scalar", value, text: value, position: at.node.position } };
}

interface Families {
  readonly ipv4: boolean;
  readonly ipv6: boolean | undefined;
  readonly subnets: readonly SubnetRequest[];
}

function checkFamilies(field: Field, { ipv4, ipv6, subnets }: Families): void {
  const has = (colon: boolean): SubnetRequest | undefined =>
    subnets.find(({ prefix }) => prefix?.includes(":") === colon);
  const enabled4 = child(field, "enable_ipv4");
  const enabled6 = child(field, "enable_ipv6");
  if (!ipv4 && enabled4 !== undefined) {
    const subnet = has(false);
    if (subnet !== undefined) throw unexpected(enabled4, `true: the network has the subnet ${subnet.prefix}`);
    if (ipv6 !== true && has(true) === undefined) throw unexpected(enabled4, "IPv4, IPv6 or both enabled");
  }
  const subnet = has(true);
  if (ipv6 === false && enabled6 !== undefined && subnet !== undefined) {
    throw unexpected(enabled6, `true: the network has the subnet ${subnet.prefix}`);
  }
}

/** The drivers host and none have no addresses and no settings. */
function checkPlain(field: Field, network: ComposeNetwork): void {
  const set = ["driver_opts", "ipam", "internal", "enable_ipv6"]
    .map((key) => child(field, key))
    .find((found) => found !== undefined);
  if (set !== undefined)
    throw refuseKey(set, `a network of driver ${network.driver} has no such setting: want it left out`);
}
