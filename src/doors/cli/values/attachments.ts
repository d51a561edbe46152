import type { EndpointRequest } from "../../../contract/mod.ts";
import { nearest } from "../../../lib/mod.ts";
import { type DnsName, type EndpointLink, parseDnsName, parseLinkLocalAddress } from "../../../model/mod.ts";
import {
  type IpAddress,
  type Ipv4Address,
  type Ipv6Address,
  type LinkName,
  type MacAddress,
  parseIpv4Address,
  parseIpv6Address,
  parseLinkName,
  parseMacAddress,
} from "../../../net/mod.ts";
import { parseAssignment } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { parseGatewayPriority } from "./endpoint-options.ts";

/** What `--network` said: a name, or Docker's extended form. */
export interface Attachment {
  readonly network: string;
  readonly ipv4?: Ipv4Address;
  readonly ipv6?: Ipv6Address;
  readonly mac?: MacAddress;
  readonly interfaceName?: LinkName;
  readonly gatewayPriority?: number;
  readonly aliases: readonly DnsName[];
  readonly driverOptions: Readonly<Record<string, string>>;
  readonly linkLocalAddresses?: readonly IpAddress[];
  readonly links?: readonly EndpointLink[];
}

/** Source: docker/cli, opts/network.go. Values are separated by commas, and hold none. */
const fields: Readonly<Record<string, (text: string, before: Attachment) => Partial<Attachment>>> = {
  name: (network) => ({ network }),
  ip: (text) => ({ ipv4: parseIpv4Address(text) }),
  ip6: (text) => ({ ipv6: parseIpv6Address(text) }),
  "mac-address": (text) => ({ mac: parseMacAddress(text) }),
  alias: (text, { aliases }) => ({ aliases: [...aliases, parseDnsName(text)] }),
  "interface-name": (text) => ({ interfaceName: parseLinkName(text) }),
  "gw-priority": (text) => ({ gatewayPriority: parseGatewayPriority(text) }),
  "link-local-ip": (text, { linkLocalAddresses = [] }) => ({
    linkLocalAddresses: [...linkLocalAddresses, parseLinkLocalAddress(text)],
  }),
  "driver-opt": (text, { driverOptions }) => {
    const [key, value] = parseAssignment(text);
    return { driverOptions: { ...driverOptions, [key]: value } };
  },
};

/** `backend`, or `name=backend,ip=10.1.0.7,alias=db`. @throws {SyntaxError} */
export function parseAttachment(text: string): Attachment {
  const bare: Attachment = { network: "", aliases: [], driverOptions: {} };
  const attachment = text.includes("=") ? text.split(",").reduce(readField, bare) : { ...bare, network: text };
  if (attachment.network === "") throw new SyntaxError("the network's name is missing, want name=NETWORK,ip=ADDRESS,…");
  return attachment;
}

function readField(before: Attachment, part: string): Attachment {
  const [key, value] = parseAssignment(part);
  const read = fields[key];
  if (read === undefined) {
    const meant = nearest(key, Object.keys(fields));
    const wanted = meant === undefined ? `want one of ${Object.keys(fields).join(", ")}` : `did you mean ${meant}?`;
    throw new SyntaxError(`there is no key ${JSON.stringify(key)}, ${wanted}`);
  }
  return { ...before, ...read(value, before) };
}

/** What stood beside `--network`; it belongs to the first, as Docker has it. */
export interface FirstEndpoint {
  readonly ip: Ipv4Address | undefined;
  readonly ip6: Ipv6Address | undefined;
  readonly macAddress: MacAddress | undefined;
  readonly aliases: readonly DnsName[];
  readonly linkLocalAddresses?: readonly IpAddress[];
  readonly links?: readonly EndpointLink[];
}

/**
 * The endpoints that a sandbox is to have.
 *
 * @throws {UsageError} when two flags say the same of the first, or a network stands twice.
 */
export function joinAttachments(attachments: readonly Attachment[], first: FirstEndpoint): EndpointWish[] {
  const names = attachments.map(({ network }) => network);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new UsageError(`Cannot use --network ${JSON.stringify(twice)} twice: want each network once`);
  return attachments.map((attachment, index) => toWish(index === 0 ? merge(attachment, first) : attachment));
}

/** An endpoint as a client writes it. */
type EndpointWish = Pick<EndpointRequest, "network" | "aliases" | "driverOptions"> & {
  readonly linkLocalAddresses?: string[];
  readonly links?: { readonly name: string; readonly alias: string }[];
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly mac?: string;
  readonly interfaceName?: string;
  readonly gatewayPriority?: number;
};

function merge(
  attachment: Attachment,
  { ip, ip6, macAddress, aliases, linkLocalAddresses = [], links = [] }: FirstEndpoint,
): Attachment {
  const clash = (flag: string, key: string, both: boolean): void => {
    if (both)
      throw new UsageError(
        `Cannot use ${flag} with --network ${key}=…: they say the same of ${attachment.network}, want one of them`,
      );
  };
  clash("--ip", "ip", ip !== undefined && attachment.ipv4 !== undefined);
  clash("--ip6", "ip6", ip6 !== undefined && attachment.ipv6 !== undefined);
  clash("--mac-address", "mac-address", macAddress !== undefined && attachment.mac !== undefined);
  return {
    ...attachment,
    ...(ip !== undefined && { ipv4: ip }),
    ...(ip6 !== undefined && { ipv6: ip6 }),
    ...(macAddress !== undefined && { mac: macAddress }),
    aliases: [...attachment.aliases, ...aliases],
    linkLocalAddresses: [...(attachment.linkLocalAddresses ?? []), ...linkLocalAddresses],
    links: [...(attachment.links ?? []), ...links],
  };
}

function toWish({ aliases, driverOptions, linkLocalAddresses = [], links = [], ...rest }: Attachment): EndpointWish {
  return {
    ...rest,
    aliases: [...aliases],
    driverOptions: { ...driverOptions },
    ...(linkLocalAddresses.length > 0 && { linkLocalAddresses: [...linkLocalAddresses] }),
    ...(links.length > 0 && { links: [...links] }),
  };
}
