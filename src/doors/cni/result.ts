import {
  type InterfaceAddress,
  type IpAddress,
  type IpPrefix,
  parseInterfaceAddress,
  parseIpAddress,
  parseIpPrefix,
  prefixFamily,
} from "../../net/mod.ts";
import { CniError, CniErrorCode } from "./cni-error.ts";
import { Fields } from "./fields.ts";
import { type CniVersion, isAtLeast, parseVersion } from "./version.ts";

export interface ResultInterface {
  readonly name: string;
  readonly mac?: string;
  /** Bytes; from 1.1.0 on. */
  readonly mtu?: number;
  /** The namespace's path; absent for links of the host. */
  readonly sandbox?: string;
}

export interface ResultIp {
  readonly address: InterfaceAddress;
  readonly gateway?: IpAddress;
  /** A place in the list of interfaces. */
  readonly interface?: number;
}

export interface ResultRoute {
  readonly dst: IpPrefix;
  readonly gw?: IpAddress;
  readonly mtu?: number;
  readonly advmss?: number;
  readonly priority?: number;
  readonly table?: number;
  readonly scope?: number;
}

export interface ResultDns {
  readonly nameservers?: readonly string[];
  readonly domain?: string;
  readonly search?: readonly string[];
  readonly options?: readonly string[];
}

/** What an ADD made, in the latest version's words. */
export interface CniResult {
  readonly interfaces: readonly ResultInterface[];
  readonly ips: readonly ResultIp[];
  readonly routes: readonly ResultRoute[];
  readonly dns: ResultDns;
}

export const EMPTY_RESULT: CniResult = { interfaces: [], ips: [], routes: [], dns: {} };

/** In the words of a version, as JSON has it. @throws {CniError} where that version cannot say it. */
export function formatResult(result: CniResult, version: CniVersion): Readonly<Record<string, unknown>> {
  const dns = Object.keys(result.dns).length === 0 ? {} : { dns: result.dns };
  if (!isAtLeast(version, "0.3.0")) return { cniVersion: version, ...oldIps(result), dns: result.dns };
  return {
    cniVersion: version,
    ...(result.interfaces.length > 0 && { interfaces: result.interfaces.map((one) => formatInterface(one, version)) }),
    ...(result.ips.length > 0 && { ips: result.ips.map((ip) => formatIp(ip, version)) }),
    ...(result.routes.length > 0 && { routes: result.routes.map((route) => formatRoute(route, version)) }),
    ...(isAtLeast(version, "1.0.0") ? dns : { dns: result.dns }),
  };
}

function formatInterface({ mtu, ...older }: ResultInterface, version: CniVersion) {
  return { ...older, ...(mtu !== undefined && isAtLeast(version, "1.1.0") && { mtu }) };
}

function formatIp(ip: ResultIp, version: CniVersion) {
  const { interface: place, ...rest } = ip;
  return {
    ...(!isAtLeast(version, "1.0.0") && { version: prefixFamily(ip.address) === "ipv4" ? "4" : "6" }),
    ...(place !== undefined && { interface: place }),
    ...rest,
  };
}

function formatRoute({ dst, gw, ...rest }: ResultRoute, version: CniVersion) {
  return { dst, ...(gw !== undefined && { gw }), ...(isAtLeast(version, "1.1.0") && rest) };
}

/** Versions before 0.3.0 have one address a family. */
function oldIps(result: CniResult): Readonly<Record<string, unknown>> {
  if (result.ips.length === 0) {
    throw new CniError(
      CniErrorCode.incompatibleVersion,
      "cannot convert the result",
      "versions before 0.3.0 have no result without an address",
    );
  }
  const of = (family: "ipv4" | "ipv6") => {
    const ip = result.ips.find(({ address }) => prefixFamily(address) === family);
    const routes = result.routes.filter(({ dst }) => prefixFamily(dst) === family);
    return (
      ip && {
        ip: ip.address,
        ...(ip.gateway !== undefined && { gateway: ip.gateway }),
        ...(routes.length > 0 && { routes: routes.map(({ dst, gw }) => ({ dst, ...(gw !== undefined && { gw }) })) }),
      }
    );
  };
  const [ip4, ip6] = [of("ipv4"), of("ipv6")];
  return { ...(ip4 !== undefined && { ip4 }), ...(ip6 !== undefined && { ip6 }) };
}

/** A result of any version, such as prevResult. @throws {CniError} 6 or 7 naming what is wrong. */
export function parseResult(value: unknown, path: string, configVersion: CniVersion): CniResult {
  const fields = Fields.of(value, path);
  const version = fields.text("cniVersion") === undefined ? configVersion : parseVersion(fields.text("cniVersion"));
  const dns = fields.object("dns");
  const common = { dns: dns === undefined ? {} : parseDns(dns) };
  if (!isAtLeast(version, "0.3.0")) return { ...common, ...parseOldIps(fields) };
  return {
    ...common,
    interfaces: (fields.objects("interfaces") ?? []).map((one) => ({
      name: one.text("name") ?? "",
      ...defined({ mac: one.text("mac"), sandbox: one.text("sandbox") || undefined, mtu: numberOf(one, "mtu") }),
    })),
    ips: (fields.objects("ips") ?? []).map((ip) => ({
      address: required(ip, "address", parseInterfaceAddress),
      ...defined({ gateway: ip.parsed("gateway", parseIpAddress), interface: numberOf(ip, "interface") }),
    })),
    routes: (fields.objects("routes") ?? []).map(parseRoute),
  };
}

export function parseRoute(route: Fields): ResultRoute {
  return {
    dst: required(route, "dst", parseIpPrefix),
    ...defined({
      gw: route.parsed("gw", parseIpAddress),
      mtu: numberOf(route, "mtu"),
      advmss: numberOf(route, "advmss"),
      priority: numberOf(route, "priority"),
      table: numberOf(route, "table"),
      scope: numberOf(route, "scope"),
    }),
  };
}

export function parseDns(dns: Fields): ResultDns {
  return defined({
    nameservers: dns.texts("nameservers"),
    domain: dns.text("domain") || undefined,
    search: dns.texts("search"),
    options: dns.texts("options"),
  });
}

function parseOldIps(fields: Fields): Pick<CniResult, "interfaces" | "ips" | "routes"> {
  const found = (["ip4", "ip6"] as const).flatMap((key) => fields.object(key) ?? []);
  return {
    interfaces: [],
    ips: found.map((one) => ({
      address: required(one, "ip", parseInterfaceAddress),
      ...defined({ gateway: one.parsed("gateway", parseIpAddress) }),
    })),
    routes: found.flatMap((one) => (one.objects("routes") ?? []).map(parseRoute)),
  };
}

function required<T>(fields: Fields, key: string, parse: (text: string) => T): T {
  const value = fields.parsed(key, parse);
  if (value !== undefined) return value;
  throw new CniError(CniErrorCode.invalidConfig, `invalid network config: ${fields.pathOf(key)}: missing`);
}

function numberOf(fields: Fields, key: string): number | undefined {
  return fields.integer(key, { least: 0, most: 0xffffffff });
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys that have no value. */
export function defined<T extends Readonly<Record<string, unknown>>>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Defined<T>;
}

/** Addresses of the container: those that no interface of the host is said to have. */
export function containerIps({ ips, interfaces }: CniResult): readonly ResultIp[] {
  return ips.filter((ip) => ip.interface === undefined || interfaces[ip.interface]?.sandbox !== undefined);
}

export function firstIp(result: CniResult, family: "ipv4" | "ipv6"): InterfaceAddress | undefined {
  return containerIps(result).find(({ address }) => prefixFamily(address) === family)?.address;
}
