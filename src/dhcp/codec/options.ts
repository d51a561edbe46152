import {
  type IpAddress,
  type IpPrefix,
  type Ipv4Address,
  ipFromBytes,
  isUnspecified,
  makePrefix,
} from "../../net/mod.ts";
import { DecodeError, Reader } from "../../wire/mod.ts";
import { FOREVER, OptionCode } from "./constants.ts";
import { isDomain, readSearchList } from "./search-list.ts";

/** What a server may say, as far as a client needs it. An option that is malformed counts as one that is not there. */
export interface ServerOptions {
  readonly serverId?: Ipv4Address;
  /** Bits. */
  readonly prefixLength?: number;
  readonly routers: readonly Ipv4Address[];
  readonly nameServers: readonly Ipv4Address[];
  readonly domainName?: string;
  readonly searchDomains: readonly string[];
  /** Bytes. */
  readonly mtu?: number;
  /** Seconds; `Infinity` for a lease without an end. */
  readonly leaseSeconds?: number;
  readonly renewalSeconds?: number;
  readonly rebindingSeconds?: number;
  /** A gateway of 0.0.0.0 is left out: the destination is on the link. RFC 3442. */
  readonly classlessRoutes: readonly ClasslessRoute[];
  /** Why a server says no, printable characters alone. */
  readonly message?: string;
}

export interface ClasslessRoute {
  readonly destination: IpPrefix;
  readonly gateway?: Ipv4Address;
}

/** Options by their number; the parts of one that comes several times are joined: RFC 3396. */
export type RawOptions = ReadonlyMap<number, Uint8Array>;

/** A name server has no use for more, and nobody else for as many. */
const MOST_ADDRESSES = 16;
const MOST_ROUTES = 64;

export function readServerOptions(raw: RawOptions): ServerOptions {
  const read = <T>(code: number, parse: (bytes: Uint8Array) => T | undefined): T | undefined => {
    const bytes = raw.get(code);
    return bytes === undefined ? undefined : parse(bytes);
  };
  const values = {
    serverId: read(OptionCode.serverId, readUnicast),
    prefixLength: read(OptionCode.subnetMask, readMask),
    domainName: read(OptionCode.domainName, readDomain),
    mtu: read(OptionCode.mtu, readMtu),
    leaseSeconds: read(OptionCode.leaseTime, readSeconds),
    renewalSeconds: read(OptionCode.renewalTime, readSeconds),
    rebindingSeconds: read(OptionCode.rebindingTime, readSeconds),
    message: read(OptionCode.message, readMessage),
  };
  return {
    ...defined(values),
    routers: read(OptionCode.routers, readAddresses) ?? [],
    nameServers: read(OptionCode.nameServers, readAddresses) ?? [],
    searchDomains: read(OptionCode.searchDomains, readSearchList) ?? [],
    classlessRoutes: read(OptionCode.classlessRoutes, readClasslessRoutes) ?? [],
  };
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** Whether a host may have it: neither of this network alone, nor loopback, multicast, reserved or broadcast. */
export function isHostAddress(address: IpAddress): boolean {
  const first = Number(address.split(".")[0]);
  return first > 0 && first < 224 && first !== 127;
}

function readUnicast(bytes: Uint8Array): Ipv4Address | undefined {
  if (bytes.length !== 4) return undefined;
  const address = ipv4From(bytes);
  return isHostAddress(address) ? address : undefined;
}

export function ipv4From(bytes: Uint8Array): Ipv4Address {
  return ipFromBytes(bytes.subarray(0, 4)) as Ipv4Address; // of four bytes
}

function readAddresses(bytes: Uint8Array): readonly Ipv4Address[] | undefined {
  if (bytes.length % 4 !== 0) return undefined;
  const addresses: Ipv4Address[] = [];
  for (let at = 0; at < bytes.length && addresses.length < MOST_ADDRESSES; at += 4) {
    const address = readUnicast(bytes.subarray(at, at + 4));
    if (address !== undefined && !addresses.includes(address)) addresses.push(address);
  }
  return addresses;
}

/** Ones, then zeros. */
function readMask(bytes: Uint8Array): number | undefined {
  if (bytes.length !== 4) return undefined;
  const mask = new Reader(bytes).u32be();
  const length = Math.clz32(~mask >>> 0);
  const wanted = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
  return mask === wanted && length > 0 ? length : undefined;
}

function readMtu(bytes: Uint8Array): number | undefined {
  // RFC 2132 section 5.1: 68 at least.
  const mtu = bytes.length === 2 ? new Reader(bytes).u16be() : 0;
  return mtu >= 68 ? mtu : undefined;
}

function readSeconds(bytes: Uint8Array): number | undefined {
  if (bytes.length !== 4) return undefined;
  const seconds = new Reader(bytes).u32be();
  return seconds === FOREVER ? Number.POSITIVE_INFINITY : seconds;
}

/** It is going to stand in a file of the sandbox: nothing but a domain may pass. */
function readDomain(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder("latin1").decode(bytes).replace(/\0+$/, "").replace(/\.$/, "").toLowerCase();
  return isDomain(text) ? text : undefined;
}

function readMessage(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 255)).replace(/[^\x20-\x7e]/g, "");
  return text === "" ? undefined : text;
}

/** RFC 3442: a length in bits, as many bytes of the destination as that needs, a gateway. */
function readClasslessRoutes(bytes: Uint8Array): readonly ClasslessRoute[] | undefined {
  const reader = new Reader(bytes);
  const routes: ClasslessRoute[] = [];
  try {
    while (reader.remaining > 0 && routes.length < MOST_ROUTES) {
      const length = reader.u8();
      if (length > 32) return undefined;
      const address = new Uint8Array(4);
      address.set(reader.bytes(Math.ceil(length / 8)));
      const gateway = ipv4From(reader.bytes(4));
      const destination = makePrefix(ipv4From(address), length);
      if (isUnspecified(gateway)) routes.push({ destination });
      else if (isHostAddress(gateway)) routes.push({ destination, gateway });
    }
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
  return routes;
}
