import {
  type AddressWish,
  checkRangeSet,
  completeRange,
  formatRange,
  type PoolRange,
  type RangeSet,
  rangesOverlap,
  type TakeOver,
} from "../../attachments/mod.ts";
import { type AddressRange, type IpAddress, parseIpAddress, parseIpPrefix, prefixRange } from "../../net/mod.ts";
import { configError } from "./cni-error.ts";
import type { CniArgs } from "./environment.ts";
import { Fields, readValue } from "./fields.ts";
import type { NetworkConfig } from "./network-config.ts";
import { parseRoute, type ResultRoute } from "./result.ts";

/** The configuration of host-local, and of `weft` as IPAM. */
export interface IpamConfig {
  readonly wish: AddressWish;
  readonly routes: readonly ResultRoute[];
  readonly takeOver?: TakeOver;
  /** A file with name servers for the result. */
  readonly resolvConf?: string;
}

/** @throws {CniError} 7 with the key that is wrong. */
export function parseIpamConfig(config: NetworkConfig, args: CniArgs): IpamConfig {
  const ipam = config.ipam;
  if (ipam === undefined) throw configError("ipam", "missing");
  const sets = [
    ...(config.runtime.list("ipRanges") ?? []).map((set, index) => readSet(set, `runtimeConfig.ipRanges[${index}]`)),
    ...(ipam.value("subnet") === undefined ? [] : [[readRange(ipam)]]),
    ...(ipam.list("ranges") ?? []).map((set, index) => readSet(set, `ipam.ranges[${index}]`)),
  ];
  if (sets.length === 0) throw configError("ipam.ranges", "no range is given, want ranges or a subnet");
  for (const set of sets) checked("ipam.ranges", () => checkRangeSet(set));
  for (const [index, set] of sets.entries()) {
    const other = sets
      .slice(0, index)
      .find((before) => before.some((one) => set.some((two) => rangesOverlap(one, two))));
    if (other !== undefined) {
      throw configError("ipam.ranges", `range set ${set.map(formatRange)} overlaps ${other.map(formatRange)}`);
    }
  }
  const dataDir = ipam.text("dataDir");
  const resolvConf = ipam.text("resolvConf");
  const pool = dataDir === undefined ? config.name : `${dataDir}/${config.name}`;
  const takeOver = ipam.text("takeOver");
  if (takeOver !== undefined && !takeOver.startsWith("/")) {
    throw configError("ipam.takeOver", `${JSON.stringify(takeOver)} is no absolute path, want host-local's dataDir`);
  }
  return {
    wish: {
      pool,
      sets,
      requested: requestedAddresses(config, args),
    },
    routes: (ipam.objects("routes") ?? []).map(parseRoute),
    ...(takeOver !== undefined && {
      takeOver: { directory: `${takeOver}/${config.name}`, pool, network: config.name },
    }),
    ...(resolvConf !== undefined && resolvConf !== "" && { resolvConf }),
  };
}

function readSet(set: unknown, path: string): RangeSet {
  if (!Array.isArray(set)) throw configError(path, `${JSON.stringify(set)} is no list`);
  return set.map((range, index) => readRange(Fields.of(range, `${path}[${index}]`)));
}

function readRange(range: Fields): PoolRange {
  const subnet = range.parsed("subnet", parseIpPrefix);
  if (subnet === undefined) throw configError(range.pathOf("subnet"), "missing");
  const [first, last, gateway] = ["rangeStart", "rangeEnd", "gateway"].map((key) => range.parsed(key, parseIpAddress));
  const excluded = (range.texts("exclude") ?? []).map((text, index) =>
    readValue(`${range.pathOf("exclude")}[${index}]`, text, parseExcluded),
  );
  return checked(range.path, () =>
    completeRange({
      ...{ subnet, excluded },
      ...(first !== undefined && { first }),
      ...(last !== undefined && { last }),
      ...(gateway !== undefined && { gateway }),
    }),
  );
}

/** `10.1.0.7`, `10.1.0.0/28` or `10.1.0.7-10.1.0.9`. */
function parseExcluded(text: string): AddressRange {
  if (text.includes("/")) return prefixRange(parseIpPrefix(text));
  const [first = "", last = first] = text.split("-");
  return { first: parseIpAddress(first), last: parseIpAddress(last) };
}

/** Of every place that may ask for one: CNI_ARGS, `args.cni.ips`, the capability `ips`. A length behind an address is not heeded. */
function requestedAddresses(config: NetworkConfig, args: CniArgs): readonly IpAddress[] {
  const read =
    (path: string) =>
    (text: string): IpAddress =>
      readValue(path, text, (value) => parseIpAddress(value.replace(/\/\d+$/, "")));
  return [
    ...(args.get("IP") ?? "")
      .split(",")
      .filter((text) => text !== "")
      .map(read("CNI_ARGS.IP")),
    ...(config.cniArgs.texts("ips") ?? []).map(read("args.cni.ips")),
    ...(config.runtime.texts("ips") ?? []).map(read("runtimeConfig.ips")),
  ];
}

function checked<T>(path: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof RangeError) throw configError(path, error.message);
    throw error;
  }
}
