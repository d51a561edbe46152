import { RecordType, ResponseCode } from "../../../dns/codec/mod.ts";
import type { IpAddress } from "../../../net/mod.ts";
import { IpProtocol } from "./decode-packet.ts";
import type { ArpMessage, DecodedPacket, DnsMessage, Icmp6Message, IcmpMessage, TcpSegment } from "./decoded-packet.ts";

/** What an address is called, if anything. */
export type NameOf = (address: IpAddress) => string | undefined;

/** What a packet says, on one line, with names in place of addresses. */
export function formatPacket(packet: DecodedPacket, nameOf: NameOf): string {
  const { ethernet, arp, ip, problem } = packet;
  const said = arp !== undefined ? formatArp(arp, nameOf) : ip !== undefined ? formatIp(packet, nameOf) : undefined;
  const frame =
    ethernet === undefined
      ? []
      : [`${ethernet.source} > ${ethernet.destination} EtherType 0x${ethernet.type.toString(16).padStart(4, "0")}`];
  const vlans = ethernet?.vlans === undefined ? [] : [`VLAN ${ethernet.vlans.join(".")}`];
  const whole = said === undefined ? frame : [said];
  return printable([...vlans, ...whole, ...(problem === undefined ? [] : [`[${problem}]`])].join(" "));
}

/** Names of DNS are bytes that strangers chose: none of them may tell the terminal what to do. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is replaced
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (each) => `\\x${each.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function formatArp({ operation, senderAddress, senderMac, targetAddress }: ArpMessage, nameOf: NameOf): string {
  const sender = bothOf(senderAddress, nameOf);
  if (operation === "request") return `ARP who has ${bothOf(targetAddress, nameOf)}, tell ${sender}`;
  if (operation === "reply") return `ARP ${sender} is at ${senderMac}`;
  return `ARP operation ${operation} of ${sender}`;
}

/** Where the address itself is what is asked. */
function bothOf(address: IpAddress, nameOf: NameOf): string {
  const name = nameOf(address);
  return name === undefined ? address : `${address} (${name})`;
}

function formatIp({ ip, tcp, udp, icmp, icmp6, dns }: DecodedPacket, nameOf: NameOf): string {
  if (ip === undefined) return "";
  const ports = tcp ?? udp;
  const ends = `${endOf(ip.source, ports?.sourcePort, nameOf)} > ${endOf(ip.destination, ports?.destinationPort, nameOf)}`;
  const { fragment } = ip;
  const part =
    fragment === undefined ? "" : `, fragment ${fragment.id} at ${fragment.offset}${fragment.more ? "+" : ""}`;
  return `${ends} ${formatData()}${part}`;

  function formatData(): string {
    if (dns !== undefined) return formatDns(dns, tcp === undefined ? "DNS" : "DNS over TCP");
    if (tcp !== undefined) return formatTcp(tcp);
    if (udp !== undefined) return `UDP len ${udp.dataBytes}`;
    if (icmp !== undefined) return `ICMP ${formatIcmp(icmp, icmpNames, nameOf)}`;
    if (icmp6 !== undefined) return `ICMPv6 ${formatIcmp6(icmp6, nameOf)}`;
    const number = ip?.protocol ?? 0;
    return `${protocolNames[number] ?? `protocol ${number}`} len ${ip?.dataBytes}`;
  }
}

const protocolNames: Readonly<Record<number, string>> = {
  ...{ [IpProtocol.icmp]: "ICMP", 2: "IGMP", [IpProtocol.tcp]: "TCP", [IpProtocol.udp]: "UDP", 47: "GRE", 50: "ESP" },
  ...{ 51: "AH", [IpProtocol.icmp6]: "ICMPv6", 132: "SCTP" },
};

function endOf(address: IpAddress, port: number | undefined, nameOf: NameOf): string {
  const name = nameOf(address);
  if (port === undefined) return name ?? address;
  return name === undefined && address.includes(":") ? `[${address}]:${port}` : `${name ?? address}:${port}`;
}

function formatTcp({ flags, sequence, acknowledgement, window, mss, dataBytes }: TcpSegment): string {
  const parts = [
    `TCP ${flags.length === 0 ? "no flags" : flags.join(" ")}`,
    `seq ${sequence}`,
    ...(flags.includes("ack") ? [`ack ${acknowledgement}`] : []),
    `win ${window}`,
    ...(mss === undefined ? [] : [`mss ${mss}`]),
    `len ${dataBytes}`,
  ];
  return parts.join(", ");
}

/** RFC 792; of unreachable, the codes of RFC 1812 section 5.2.7.1. */
const icmpNames: Readonly<Record<string, string>> = {
  "0": "echo reply",
  "3": "unreachable",
  "3/0": "network unreachable",
  "3/1": "host unreachable",
  "3/2": "protocol unreachable",
  "3/3": "port unreachable",
  "3/4": "fragmentation needed",
  "3/9": "network prohibited",
  "3/10": "host prohibited",
  "3/13": "prohibited",
  "5": "redirect",
  "8": "echo request",
  "11": "time exceeded",
  "12": "parameter problem",
};

/** RFC 4443, RFC 4861, RFC 3810. */
const icmp6Names: Readonly<Record<string, string>> = {
  "1": "unreachable",
  "1/0": "no route",
  "1/1": "prohibited",
  "1/3": "address unreachable",
  "1/4": "port unreachable",
  "2": "packet too big",
  "3": "time exceeded",
  "4": "parameter problem",
  "128": "echo request",
  "129": "echo reply",
  "130": "multicast listener query",
  "131": "multicast listener report",
  "132": "multicast listener done",
  "133": "router solicitation",
  "134": "router advertisement",
  "135": "neighbour solicitation",
  "136": "neighbour advertisement",
  "137": "redirect",
  "143": "multicast listener report",
};

function formatIcmp(
  { type, code, id, sequence, about }: IcmpMessage,
  names: Readonly<Record<string, string>>,
  nameOf: NameOf,
): string {
  const parts = [
    names[`${type}/${code}`] ?? names[type] ?? `type ${type} code ${code}`,
    ...(id === undefined ? [] : [`id ${id}`]),
    ...(sequence === undefined ? [] : [`seq ${sequence}`]),
  ];
  return about === undefined ? parts.join(", ") : `${parts.join(", ")} (${formatPacket(about, nameOf)})`;
}

function formatIcmp6(message: Icmp6Message, nameOf: NameOf): string {
  const { type, target, mac } = message;
  const common = formatIcmp(message, icmp6Names, nameOf);
  if (target === undefined) return common;
  const about = type === 135 ? `who has ${bothOf(target, nameOf)}` : bothOf(target, nameOf);
  return `${common}, ${about}${mac === undefined ? "" : type === 135 ? `, tell ${mac}` : ` is at ${mac}`}`;
}

const typeNames = new Map<number, string>(Object.entries(RecordType).map(([name, number]) => [number, name]));
const codeNames = new Map<number, string>([
  [ResponseCode.formatError, "format error"],
  [ResponseCode.serverFailure, "server failure"],
  [ResponseCode.nameError, "no such name"],
  [ResponseCode.notImplemented, "not implemented"],
  [ResponseCode.refused, "refused"],
]);

function formatDns({ id, isResponse, code, questions, answers }: DnsMessage, title: string): string {
  const asked = questions.map(({ name, type }) => `${typeName(type)} ${name === "" ? "." : name}`).join(", ");
  if (!isResponse) return `${title} ${id} ${asked}?`;
  const told = answers.map(({ type, data }) => (data === undefined ? typeName(type) : `${typeName(type)} ${data}`));
  const outcome =
    code !== 0 ? (codeNames.get(code) ?? `error ${code}`) : told.length === 0 ? "nothing" : told.join(", ");
  return `${title} ${id} ${asked}: ${outcome}`;
}

function typeName(type: number): string {
  return typeNames.get(type) ?? `type ${type}`;
}
