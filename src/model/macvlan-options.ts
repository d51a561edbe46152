import { type LinkName, parseLinkName } from "../net/mod.ts";
import {
  type IpvlanFlagName,
  type IpvlanModeName,
  ipvlanFlags,
  ipvlanModes,
  type MacvlanModeName,
  macvlanModes,
} from "./network.ts";
import {
  COMMON_OPTIONS,
  type CommonSettings,
  readCommonSettings,
  readOption,
  requireKnownOptions,
} from "./network-options.ts";

/** Docker's names of what a macvlan network can be told, and one of ours. Source: moby, daemon/libnetwork/drivers/macvlan. */
export const MACVLAN_OPTIONS = {
  parent: "parent",
  mode: "macvlan_mode",
  hostLink: "weft.host_link",
  ...COMMON_OPTIONS,
} as const;

/** The same of an ipvlan network. Source: moby, daemon/libnetwork/drivers/ipvlan. */
export const IPVLAN_OPTIONS = {
  parent: "parent",
  mode: "ipvlan_mode",
  flag: "ipvlan_flag",
  ...COMMON_OPTIONS,
} as const;

/** What the options of a network on a parent say; what depends on the host is left open. */
interface ParentWishes extends CommonSettings {
  /** Absent: to be found, or to be made. */
  readonly parent?: LinkName;
}

export interface MacvlanWishes extends ParentWishes {
  readonly mode: MacvlanModeName;
  /** A link of this name is to let the host talk to its sandboxes. */
  readonly hostLink?: LinkName;
}

export interface IpvlanWishes extends ParentWishes {
  readonly mode: IpvlanModeName;
  readonly flag: IpvlanFlagName;
}

type Options = Readonly<Record<string, string>>;

/** @throws {SyntaxError} names the key, the value and what was wanted. */
export function parseMacvlanOptions(options: Options): MacvlanWishes {
  requireKnownOptions("a macvlan network", options, MACVLAN_OPTIONS);
  const mode = readOption(options, MACVLAN_OPTIONS.mode, oneOf(macvlanModes)) ?? "bridge";
  const hostLink = readOption(options, MACVLAN_OPTIONS.hostLink, parseLinkName);
  if (hostLink !== undefined && (mode === "private" || mode === "passthru")) {
    throw new SyntaxError(
      `Cannot use option ${MACVLAN_OPTIONS.hostLink}=${hostLink} in mode ${mode}: links of that mode do not reach each other, want mode bridge, or vepa with a switch that sends frames back`,
    );
  }
  return { ...parentWishes(options, MACVLAN_OPTIONS), mode, ...(hostLink !== undefined && { hostLink }) };
}

/** @throws {SyntaxError} names the key, the value and what was wanted. */
export function parseIpvlanOptions(options: Options): IpvlanWishes {
  requireKnownOptions("an ipvlan network", options, IPVLAN_OPTIONS);
  return {
    ...parentWishes(options, IPVLAN_OPTIONS),
    mode: readOption(options, IPVLAN_OPTIONS.mode, oneOf(ipvlanModes)) ?? "l2",
    flag: readOption(options, IPVLAN_OPTIONS.flag, oneOf(ipvlanFlags)) ?? "bridge",
  };
}

/** The link and the number that the name of an 802.1Q sub-interface stands for: `eth0.10`; `undefined` for other names. */
export function parseVlanName(name: LinkName): { readonly lower: LinkName; readonly id: number } | undefined {
  const [, lower, digits] = /^(.+)\.(\d{1,4})$/.exec(name) ?? [];
  const id = Number(digits);
  return lower !== undefined && id >= 1 && id <= 4094 ? { lower: parseLinkName(lower), id } : undefined;
}

function parentWishes(options: Options, keys: typeof MACVLAN_OPTIONS | typeof IPVLAN_OPTIONS): ParentWishes {
  const parent = readOption(options, keys.parent, parseParent);
  return { ...readCommonSettings(options), ...(parent !== undefined && { parent }) };
}

function parseParent(text: string): LinkName {
  if (text === "lo") throw new SyntaxError("want a link that frames leave by, not the loopback");
  return parseLinkName(text);
}

const oneOf =
  <T extends string>(words: readonly T[]) =>
  (text: string): T => {
    const found = words.find((word) => word === text);
    if (found === undefined) throw new SyntaxError(`want ${words.slice(0, -1).join(", ")} or ${words.at(-1)}`);
    return found;
  };
