import { type IpFamily, parseLinkName } from "../net/mod.ts";
import type { Announcements } from "./network.ts";

/** What networks of every driver can be told, by Docker's names. Source: moby, daemon/libnetwork/netlabel/labels.go. */
export const COMMON_OPTIONS = {
  mtu: "com.docker.network.driver.mtu",
  interfacePrefix: "com.docker.network.container_iface_prefix",
  announcements: "com.docker.network.advertise_addr_nmsgs",
  announcementInterval: "com.docker.network.advertise_addr_ms",
  ipv4: "com.docker.network.enable_ipv4",
  ipv6: "com.docker.network.enable_ipv6",
} as const;

type Options = Readonly<Record<string, string>>;

export interface CommonSettings {
  /** Bytes; absent: the driver's default. */
  readonly mtu?: number;
  readonly interfacePrefix: string;
  readonly announcements: Announcements;
}

/** The smallest MTU of IPv4 (RFC 791), and the largest that a veth takes. */
const MTU_LIMITS = { least: 68, most: 65535 } as const;

/** Docker's limits and defaults of the announcements after a join. Source: moby, daemon/libnetwork/netlabel/labels.go. */
const ANNOUNCEMENT_LIMITS = { count: { least: 0, most: 3 }, intervalMs: { least: 100, most: 2000 } } as const;
const ANNOUNCEMENT_DEFAULTS = { count: 3, intervalMs: 1000 } as const;

/** @throws {SyntaxError} names the key, the value and what was wanted. */
export function readCommonSettings(options: Options): CommonSettings {
  const mtu = readOption(options, COMMON_OPTIONS.mtu, parseMtu);
  enabledFamilies(options);
  return {
    interfacePrefix: readOption(options, COMMON_OPTIONS.interfacePrefix, parseInterfacePrefix) ?? "eth",
    announcements: readAnnouncements(options),
    ...(mtu !== undefined && { mtu }),
  };
}

/** Docker's other way to say which families a network has; absent: nothing is said. @throws {SyntaxError} */
export function enabledFamilies(options: Options): {
  readonly [Family in IpFamily]?: boolean;
} {
  const ipv4 = readOption(options, COMMON_OPTIONS.ipv4, parseBoolean);
  const ipv6 = readOption(options, COMMON_OPTIONS.ipv6, parseBoolean);
  return { ...(ipv4 !== undefined && { ipv4 }), ...(ipv6 !== undefined && { ipv6 }) };
}

/** @throws {SyntaxError} when a key is none of those: it is most often a slip. */
export function requireKnownOptions(what: string, options: Options, keys: Options): void {
  const known = Object.values(keys);
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new SyntaxError(`Cannot use option ${JSON.stringify(unknown)} on ${what}: want one of ${known.join(", ")}`);
}

/** The value of an option; none where it is not given, or empty. @throws {SyntaxError} names the key, the value and what was wanted. */
export function readOption<T>(options: Options, key: string, parse: (text: string) => T): T | undefined {
  const text = options[key];
  if (text === undefined || text === "") return undefined;
  try {
    return parse(text);
  } catch (error) {
    throw new SyntaxError(`Cannot use option ${key}=${text}: ${error instanceof Error ? error.message : error}`);
  }
}

function parseMtu(text: string): number | undefined {
  const mtu = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (mtu === 0) return undefined; // Docker's way to say "the default"
  if (!(mtu >= MTU_LIMITS.least && mtu <= MTU_LIMITS.most)) {
    throw new SyntaxError(`want a number of bytes from ${MTU_LIMITS.least} to ${MTU_LIMITS.most}`);
  }
  return mtu;
}

/** What Go's strconv.ParseBool takes: Docker's users have files full of it. */
export function parseBoolean(text: string): boolean {
  if (["1", "t", "true"].includes(text.toLowerCase())) return true;
  if (["0", "f", "false"].includes(text.toLowerCase())) return false;
  throw new SyntaxError("want true or false");
}

function parseInterfacePrefix(text: string): string {
  parseLinkName(`${text}0`);
  if (text.length > 12) throw new SyntaxError("want at most 12 characters: a number follows");
  return text;
}

function readAnnouncements(options: Options): Announcements {
  const { count, intervalMs } = ANNOUNCEMENT_LIMITS;
  return {
    count: readOption(options, COMMON_OPTIONS.announcements, wholeNumber(count)) ?? ANNOUNCEMENT_DEFAULTS.count,
    intervalMs:
      readOption(options, COMMON_OPTIONS.announcementInterval, wholeNumber(intervalMs)) ??
      ANNOUNCEMENT_DEFAULTS.intervalMs,
  };
}

const wholeNumber =
  ({ least, most }: { readonly least: number; readonly most: number }) =>
  (text: string): number => {
    const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= least && number <= most)) throw new SyntaxError(`want a whole number from ${least} to ${most}`);
    return number;
  };
