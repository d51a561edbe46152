import { z } from "zod";
import { parseNatDestination, parsePacketMark } from "../../firewall-rules/mod.ts";
import { parseDuration } from "../../lib/mod.ts";
import {
  makeInterfaceAddress,
  makePrefix,
  parseAddressOrPrefix,
  parseInterfaceAddress,
  parseIpAddress,
  parseIpPrefix,
  parseLinkName,
  parseMacAddress,
  parsePortRange,
  prefixAddress,
  prefixLength,
} from "../../net/mod.ts";
import { attempt, parsedText } from "../../yaml-file/mod.ts";
import { HOST, type LinkPlace, parsePlaceName, parseProcessName, parseTopologyName } from "../state/mod.ts";

export const topologyName = parsedText(parseTopologyName);
export const placeName = parsedText(parsePlaceName);
export const linkName = parsedText(parseLinkName);
export const ipAddress = parsedText(parseIpAddress);
export const ipPrefix = parsedText(parseIpPrefix);
export const macAddress = parsedText(parseMacAddress);

export const interfaceAddress = parsedText((text) => {
  const address = parseInterfaceAddress(text);
  // The kernel takes a network's own address, and nobody answers at it.
  const isNetwork =
    makeInterfaceAddress(
      prefixAddress(makePrefix(prefixAddress(address), prefixLength(address))),
      prefixLength(address),
    ) === address;
  const bits = address.includes(":") ? 128 : 32;
  if (isNetwork && prefixLength(address) < bits - 1) {
    throw new SyntaxError(`Cannot use ${address} as a link's address: it is the network's own, want one of its hosts`);
  }
  return address;
});

/** `blue/veth-blue-red`: a link by its namespace, which may be `host`, and its name. */
export const linkPlace = parsedText((text): LinkPlace => {
  const [place = "", link, ...rest] = text.split("/");
  if (link === undefined || rest.length > 0) {
    throw new SyntaxError(
      `Cannot parse link ${JSON.stringify(text)}: want a namespace, a slash and a name, such as blue/eth0`,
    );
  }
  return { place: place === HOST ? HOST : parsePlaceName(place), link: parseLinkName(link) };
});

export const addressOrPrefix = parsedText(parseAddressOrPrefix);

const portText = z.union(
  [z.int().min(1).max(65535), z.string().max(32)],
  "want a port such as 80, or a range such as 8000-8010",
);
export const portOrRange = portText.transform((text, context) => attempt(() => parsePortRange(String(text)), context));

/** Says to `topologyJsonSchema` what zod's own does not know of a preprocessed value. */
export const ONE_OR_MANY = "x-one-or-many";

/** A value, or a list of them. */
export function oneOrMany<T extends z.ZodType>(each: T) {
  const list = z
    .array(each)
    .min(1)
    .meta({ [ONE_OR_MANY]: true });
  return z.preprocess((value) => (Array.isArray(value) ? value : [value]), list);
}

/** Bits a second: `10mbit`. Source of the units: tc(8). */
export const bitRate = parsedText((text) => {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([kmgt]?bit)$/.exec(text.toLowerCase()) ?? [];
  const factor = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9, tbit: 1e12 }[unit];
  if (number === undefined || factor === undefined || Number(number) * factor < 8) {
    throw new SyntaxError(
      `Cannot parse rate ${JSON.stringify(text)}: want a number and bit, kbit, mbit or gbit, such as 10mbit`,
    );
  }
  return BigInt(Math.round(Number(number) * factor));
});

/** `0x10`, or with a mask `0x10/0xff`. */
export const mark = z
  .union([z.int().min(0).max(0xffffffff), z.string().max(32)], "want a mark such as 7 or 0x10/0xff")
  .transform((text, context) => attempt(() => parsePacketMark(String(text)), context));

/** `10.0.0.2`, `10.0.0.2:80` or `[fd00::2]:80`. */
export const natDestination = parsedText(parseNatDestination);

export const processName = parsedText(parseProcessName);

/** Milliseconds. */
export const duration = parsedText(parseDuration);

export const absolutePath = parsedText((text) => {
  if (text.startsWith("/") && !text.includes("\0")) return text;
  throw new SyntaxError(`Cannot use path ${JSON.stringify(text)}: want an absolute one, such as /srv`);
});

export const environmentName = parsedText((text) => {
  if (/^[^=\0]+$/.test(text)) return text;
  throw new SyntaxError(`Cannot use variable ${JSON.stringify(text)}: want a name without "="`);
});

export const signalName = parsedText((text) => {
  if (signalNames.has(text)) return text;
  throw new SyntaxError(`Cannot parse signal ${JSON.stringify(text)}: want one such as SIGTERM`);
});

/** Those that end a process or tell it to end. Source: signal(7). */
const signalNames: ReadonlySet<string> = new Set([
  ...["SIGHUP", "SIGINT", "SIGQUIT", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGTERM", "SIGWINCH", "SIGPWR"],
]);
