import { unreachable } from "../../lib/mod.ts";
import { Reader } from "../../wire/mod.ts";
import { type Extension, Inverted, type IptablesEntry, textOf } from "./entry.ts";

/** As `iptables-save` calls them. */
const protocolNames: Readonly<Record<number, string>> = {
  1: "icmp",
  6: "tcp",
  17: "udp",
  33: "dccp",
  47: "gre",
  50: "esp",
  51: "ah",
  58: "ipv6-icmp",
  132: "sctp",
};

/** One rule in the words of `iptables-save`. What an extension that is unknown here says stands as `[...]`. */
export function formatRule(entry: IptablesEntry, target: string | undefined): string {
  const { inverted } = entry;
  const not = (bit: number): string => ((inverted & bit) === 0 ? "" : "! ");
  return [
    entry.source && `${not(Inverted.source)}-s ${entry.source}`,
    entry.destination && `${not(Inverted.destination)}-d ${entry.destination}`,
    entry.incoming && `${not(Inverted.incoming)}-i ${entry.incoming}`,
    entry.outgoing && `${not(Inverted.outgoing)}-o ${entry.outgoing}`,
    entry.protocol === 0
      ? undefined
      : `${not(Inverted.protocol)}-p ${protocolNames[entry.protocol] ?? String(entry.protocol)}`,
    ...entry.matches.map(formatMatch),
    target && `${entry.goto ? "-g" : "-j"} ${target}`,
  ]
    .filter((word) => word !== undefined && word !== "")
    .join(" ");
}

const readable = ["tcp", "udp", "comment"] as const;

function formatMatch({ name, data }: Extension): string {
  const known = readable.find((each) => each === name);
  switch (known) {
    case "tcp":
      return `-m tcp${formatPorts(data, 11)}`;
    case "udp":
      return `-m udp${formatPorts(data, 8)}`;
    case "comment":
      return `-m comment --comment ${formatComment(textOf(data))}`;
    case undefined:
      return `-m ${name} [...]`;
    default:
      return unreachable(known);
  }
}

/** iptables quotes what a shell would take apart. */
function formatComment(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replace(/(["\\])/g, "\\$1")}"`;
}

/**
 * `struct xt_tcp` and `struct xt_udp`: first and last port of both ends. Source: include/uapi/linux/netfilter/xt_tcpudp.h.
 *
 * @param invertedAt Where the byte is that says what is inverted: 1 the source's ports, 2 the destination's.
 */
function formatPorts(data: Uint8Array, invertedAt: number): string {
  const reader = new Reader(data, "ports");
  const ranges = ["--sport", "--dport"].map((flag) => ({ flag, first: reader.u16(), last: reader.u16() }));
  const inverted = data[invertedAt] ?? 0;
  const words = ranges.flatMap(({ flag, first, last }, index) => {
    if (first === 0 && last === 0xffff) return [];
    const not = (inverted & (1 << index)) === 0 ? "" : "! ";
    return [` ${not}${flag} ${first === last ? first : `${first}:${last}`}`];
  });
  const flags = invertedAt === 11 && (data[9] ?? 0) !== 0 ? " [...]" : ""; // --tcp-flags
  return words.join("") + flags;
}
