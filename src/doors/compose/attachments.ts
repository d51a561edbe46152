import { PredefinedNetwork, parseDnsName, parseLinkLocalAddress } from "../../model/mod.ts";
import {
  isUnicastMac,
  type MacAddress,
  parseIpv4Address,
  parseIpv6Address,
  parseLinkName,
  parseMacAddress,
} from "../../net/mod.ts";
import { checkKeys, type Warn } from "./check-keys.ts";
import type { ComposeAttachment, ComposeNetworking } from "./compose-project.ts";
import {
  child,
  entriesOf,
  type Field,
  integerOf,
  itemsOf,
  type KeyedField,
  located,
  parsedOf,
  refuse,
  textMapOf,
  textOf,
  textsOf,
} from "./field.ts";
import { ATTACHMENT_KEYS } from "./key-tables.ts";

/** The fields that an attachment was read from, for checks that need other services and networks too. */
export interface LocatedAttachment {
  readonly attachment: ComposeAttachment;
  readonly field: Field;
}

export interface ReadNetworking {
  readonly networking: ComposeNetworking;
  readonly attachments: readonly LocatedAttachment[];
  /** Set for `network_mode: service:…`. */
  readonly mode?: Field;
}

/** The key of the network that a service is on when it names none. */
export const DEFAULT_NETWORK = "default";

const GATEWAY_PRIORITY = { least: -2147483648, most: 2147483647 } as const;
const PRIORITY = { least: -1_000_000, most: 1_000_000 } as const;

/** `networks`, or `network_mode` in its place. */
export function readNetworking(service: KeyedField, warn: Warn): ReadNetworking {
  const mode = child(service, "network_mode");
  const networks = child(service, "networks");
  if (mode === undefined) return readNetworks(service, networks, warn);
  if (networks !== undefined) {
    throw refuse(mode, '"networks" stands beside it: want one of the two');
  }
  const text = textOf(mode);
  if (text === "host" || text === "none") {
    const mac = child(service, "mac_address");
    if (mac !== undefined)
      throw refuse(mac, `the service has no link of its own with "network_mode: ${text}": want no MAC address`);
    return { networking: { kind: text }, attachments: [], mode };
  }
  if (text === "bridge") {
    const attachment = { ...plainAttachment(PredefinedNetwork.bridge), ...macOf(service) };
    return { networking: { kind: "networks", attachments: [attachment] }, attachments: [], mode };
  }
  const other = /^service:(.+)$/.exec(text)?.[1];
  if (other !== undefined) return { networking: { kind: "service", service: other }, attachments: [], mode };
  throw refuse(
    mode,
    text.startsWith("container:")
      ? `Weft joins sandboxes of the same project only, got ${JSON.stringify(text)}: want service:NAME`
      : `unknown mode ${JSON.stringify(text)}: want none, host, bridge or service:NAME`,
  );
}

/** Whether the service is on the project's default network; it need not be one that is read. */
export function isOnDefault(service: KeyedField): boolean {
  if (child(service, "network_mode") !== undefined) return false;
  const networks = child(service, "networks");
  switch (networks?.node.kind) {
    case "list":
      return (
        networks.node.items.length === 0 ||
        networks.node.items.some((item) => item.kind === "scalar" && item.text === DEFAULT_NETWORK)
      );
    case "map":
      return networks.node.entries.size === 0 || networks.node.entries.has(DEFAULT_NETWORK);
    default:
      return true;
  }
}

function readNetworks(service: KeyedField, networks: Field | undefined, warn: Warn): ReadNetworking {
  const found = networks === undefined ? [] : readEntries(service.key, networks, warn);
  // A service that names no network is on the project's default one.
  const all = found.length > 0 ? found : [{ attachment: named(service, DEFAULT_NETWORK), field: service, priority: 0 }];
  // The sort is stable: equal priorities stay as written, so that interface numbers never change by themselves.
  const sorted = [...all].sort((a, b) => b.priority - a.priority);
  const [first, ...rest] = sorted;
  if (first === undefined) return { networking: { kind: "none" }, attachments: [] };
  const mac = macOf(service);
  if (mac.mac !== undefined && first.attachment.mac !== undefined && mac.mac !== first.attachment.mac) {
    throw refuse(
      child(service, "mac_address") ?? service,
      `${mac.mac} differs from ${first.attachment.mac} of ${first.field.path}: want one`,
    );
  }
  const attachments = [{ ...first, attachment: { ...first.attachment, ...mac } }, ...rest];
  checkInterfaceNames(attachments);
  return {
    networking: { kind: "networks", attachments: attachments.map(({ attachment }) => attachment) },
    attachments,
  };
}

type Prioritised = LocatedAttachment & { readonly priority: number };

function readEntries(service: string, networks: Field, warn: Warn): readonly Prioritised[] {
  if (networks.node.kind === "list") {
    const found = itemsOf(networks).map((item) => ({
      attachment: {
        ...plainAttachment(textOf(item, "a network's name")),
        aliases: [located(item, () => parseDnsName(service))],
      },
      field: item,
      priority: 0,
    }));
    const repeated = found.find(({ attachment }, index) =>
      found.slice(0, index).some((earlier) => earlier.attachment.network === attachment.network),
    );
    if (repeated === undefined) return found;
    throw refuse(
      repeated.field,
      `${JSON.stringify(repeated.attachment.network)} is named twice: want each network once`,
    );
  }
  return entriesOf(networks, "a list or a mapping of networks").map((entry) => {
    checkKeys(entry, ATTACHMENT_KEYS, warn, "a mapping, or nothing");
    const priority = child(entry, "priority");
    return {
      attachment: readAttachment(service, entry),
      // An error about the network's name points at the name.
      field: { node: { ...entry.node, position: entry.keyPosition }, path: entry.path },
      priority: priority === undefined ? 0 : integerOf(priority, PRIORITY),
    };
  });
}

function readAttachment(service: string, entry: KeyedField): ComposeAttachment {
  const aliases = child(entry, "aliases");
  const ipv4 = child(entry, "ipv4_address");
  const ipv6 = child(entry, "ipv6_address");
  const interfaceName = child(entry, "interface_name");
  const gatewayPriority = child(entry, "gw_priority");
  const linkLocal = child(entry, "link_local_ips");
  const names = aliases === undefined ? [] : textsOf(aliases).map((item) => parsedOf(item, parseDnsName));
  return {
    ...plainAttachment(entry.key),
    aliases: [...new Set([located(entry, () => parseDnsName(service)), ...names])],
    ...(ipv4 !== undefined && { ipv4: parsedOf(ipv4, parseIpv4Address, "an IPv4 address") }),
    ...(ipv6 !== undefined && { ipv6: parsedOf(ipv6, parseIpv6Address, "an IPv6 address") }),
    ...macOf(entry),
    ...(interfaceName !== undefined && { interfaceName: parsedOf(interfaceName, parseLinkName) }),
    gatewayPriority: gatewayPriority === undefined ? 0 : integerOf(gatewayPriority, GATEWAY_PRIORITY),
    driverOptions: textMapOf(child(entry, "driver_opts")),
    ...(linkLocal !== undefined && {
      linkLocalAddresses: textsOf(linkLocal).map((item) => parsedOf(item, parseLinkLocalAddress)),
    }),
  };
}

function named(service: KeyedField, network: string): ComposeAttachment {
  return { ...plainAttachment(network), aliases: [located(service, () => parseDnsName(service.key))] };
}

function plainAttachment(network: string): ComposeAttachment {
  return { network, aliases: [], gatewayPriority: 0, driverOptions: {} };
}

function macOf(field: Field): { readonly mac?: MacAddress } {
  const found = child(field, "mac_address");
  if (found === undefined) return {};
  const mac = parsedOf(found, parseMacAddress, "a MAC address");
  if (!isUnicastMac(mac)) throw refuse(found, `${mac} is no address of one link: want an even first octet, such as 02`);
  return { mac };
}

function checkInterfaceNames(attachments: readonly LocatedAttachment[]): void {
  const names = new Map<string, string>();
  for (const { attachment, field } of attachments) {
    const { interfaceName, network } = attachment;
    if (interfaceName === undefined) continue;
    const other = names.get(interfaceName);
    const at = child(field, "interface_name") ?? field;
    if (other !== undefined) {
      throw refuse(
        at,
        `${JSON.stringify(interfaceName)} is the interface on network ${JSON.stringify(other)} already: want another name`,
      );
    }
    if (interfaceName === "lo") throw refuse(at, '"lo" is the loopback interface: want another name');
    names.set(interfaceName, network);
  }
}
