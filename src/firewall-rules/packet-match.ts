import {
  anyOf,
  ct,
  match,
  meta,
  type NftFieldValue,
  type NftSelector,
  type NftStatement,
  type NftTest,
  payload,
} from "../kernel/objects/nftables/mod.ts";
import {
  type IpFamily,
  type IpPrefix,
  type LinkName,
  type PortRange,
  prefixAddress,
  prefixFamily,
  prefixLength,
} from "../net/mod.ts";
import { markTest, type PacketMark } from "./packet-mark.ts";
import { RuleFieldError } from "./rule-field-error.ts";

export const packetProtocols = ["tcp", "udp", "sctp", "icmp", "icmpv6"] as const;
export type PacketProtocol = (typeof packetProtocols)[number];

/** What the connection tracking knows of a packet. */
export const connectionStates = ["new", "established", "related", "invalid", "untracked"] as const;
export type ConnectionState = (typeof connectionStates)[number];

/** Which packets a rule is about: those that have all that is given; of a list, one of it. */
export interface PacketMatch {
  readonly protocol?: PacketProtocol | undefined;
  /** Destination ports. */
  readonly ports?: readonly PortRange[] | undefined;
  readonly sourcePorts?: readonly PortRange[] | undefined;
  /** Of both families together: the rule becomes one for each. */
  readonly source?: readonly IpPrefix[] | undefined;
  readonly destination?: readonly IpPrefix[] | undefined;
  /** Links that packets came in by, where the hook knows of one; and those that they leave by. */
  readonly in?: readonly LinkName[] | undefined;
  readonly out?: readonly LinkName[] | undefined;
  readonly states?: readonly ConnectionState[] | undefined;
  readonly mark?: PacketMark | undefined;
}

interface MatchScope {
  /** The links that a packet has at the hook. */
  readonly links: readonly ("in" | "out")[];
  /** The rule is about this family alone. */
  readonly family?: IpFamily;
}

/** The tests of a packet, once for each family where addresses say one. @throws {RuleFieldError} */
export function packetTests(packet: PacketMatch, { links, family }: MatchScope): readonly (readonly NftStatement[])[] {
  for (const field of ["in", "out"] as const) {
    if (packet[field] === undefined || links.includes(field)) continue;
    throw new RuleFieldError(field, "packets have no such link here: want the rule without it");
  }
  checkPorts(packet);
  const before = [
    ...(packet.in === undefined ? [] : [match(meta("iifname"), oneOf(packet.in))]),
    ...(packet.out === undefined ? [] : [match(meta("oifname"), oneOf(packet.out))]),
  ];
  const behind = [
    ...transportTests(packet),
    ...(packet.states === undefined ? [] : [match(ct("state"), anyOf(...packet.states))]),
    ...(packet.mark === undefined ? [] : [markTest(packet.mark)]),
  ];
  return familiesOf(packet, family).map((each) => [...before, ...addressTests(packet, each), ...behind]);
}

function checkPorts({ protocol, ports, sourcePorts }: PacketMatch): void {
  if (ports === undefined && sourcePorts === undefined) return;
  if (protocol === "tcp" || protocol === "udp" || protocol === "sctp") return;
  const have = protocol === undefined ? "" : `, have ${protocol}`;
  const field = ports === undefined ? "sourcePorts" : "ports";
  throw new RuleFieldError(field, `ports are of a protocol: want protocol tcp, udp or sctp${have}`);
}

/** `undefined` is both at once. */
function familiesOf(
  { source = [], destination = [], protocol }: PacketMatch,
  only: IpFamily | undefined,
): readonly (IpFamily | undefined)[] {
  const said = new Set([...source, ...destination].map(prefixFamily));
  if (said.size === 0) return [only];
  const has = (list: readonly IpPrefix[], family: IpFamily): boolean =>
    list.length === 0 || list.some((prefix) => prefixFamily(prefix) === family);
  const possible = [...said].filter((family) => has(source, family) && has(destination, family));
  if (possible.length === 0 || (only !== undefined && !possible.includes(only))) {
    throw new RuleFieldError(undefined, "source and destination are of two families: no packet is like that");
  }
  const own = protocol === "icmp" ? "ipv4" : protocol === "icmpv6" ? "ipv6" : undefined;
  if (own !== undefined && !possible.includes(own)) {
    throw new RuleFieldError("protocol", `${protocol} is ${own === "ipv4" ? "IPv4" : "IPv6"}: no packet is like that`);
  }
  return only === undefined ? possible.filter((family) => own === undefined || family === own).sort() : [only];
}

function addressTests(
  { source = [], destination = [] }: PacketMatch,
  family: IpFamily | undefined,
): readonly NftStatement[] {
  if (family === undefined) return [];
  const header = family === "ipv4" ? "ip" : "ip6";
  const tests = [["saddr", source] as const, ["daddr", destination] as const].flatMap(([field, prefixes]) => {
    const own = prefixes.filter((prefix) => prefixFamily(prefix) === family);
    return own.length === 0 ? [] : [match(payload(`${header} ${field}`), oneOf(own.map(addressValue)))];
  });
  return tests.length > 0 ? tests : [match(meta("nfproto"), family)];
}

function transportTests({ protocol, ports, sourcePorts }: PacketMatch): readonly NftStatement[] {
  if (protocol === undefined) return [];
  const name = protocol === "icmpv6" ? "ipv6-icmp" : protocol;
  if (protocol === "icmp" || protocol === "icmpv6" || (ports === undefined && sourcePorts === undefined)) {
    return [match(meta("l4proto"), name)];
  }
  const of = (field: "sport" | "dport"): NftSelector => payload(`${protocol} ${field}`);
  return [
    ...(sourcePorts === undefined ? [] : [match(of("sport"), oneOf(sourcePorts.map(portValue)))]),
    ...(ports === undefined ? [] : [match(of("dport"), oneOf(ports.map(portValue)))]),
  ];
}

function oneOf(values: readonly NftFieldValue[]): NftTest {
  const [only] = values;
  return values.length === 1 && only !== undefined
    ? { kind: "compare", operator: "==", value: only }
    : anyOf(...values);
}

export function portValue({ first, last }: PortRange): number | { readonly first: number; readonly last: number } {
  return first === last ? first : { first, last };
}

/** A single address without its length, as nft writes it. */
function addressValue(prefix: IpPrefix): string {
  const isSingle = prefixLength(prefix) === (prefixFamily(prefix) === "ipv4" ? 32 : 128);
  return isSingle ? prefixAddress(prefix) : prefix;
}
