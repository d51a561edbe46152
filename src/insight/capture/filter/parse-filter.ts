import {
  type IpAddress,
  type IpPrefix,
  makePrefix,
  parseIpAddress,
  parseIpPrefix,
  parseMacAddress,
} from "../../../net/mod.ts";
import type { ByteBase, End, Filter, NetworkProtocol, PortProtocol, Relation, Test } from "./filter.ts";
import { FilterError, splitFilter, type Token } from "./tokens.ts";

export interface FilterNames {
  /** Addresses of what people call so, such as a sandbox; none when nobody is called so. */
  readonly addressesOf: (name: string) => readonly IpAddress[];
}

/**
 * Reads a filter in tcpdump's syntax (pcap-filter(7)): `host`, `net`, `port`, `portrange`, `proto` with `src` and `dst`, protocols,
 * `broadcast`, `multicast`, `less`, `greater`, `len`, `tcp[13] & 2 != 0`, joined by `and`, `or`, `not` and parentheses. As there,
 * `and` and `or` bind alike, from the left; and a value by itself repeats what stood before the last one.
 *
 * @throws {FilterError} names the column.
 */
export function parseFilter(text: string, names: FilterNames = { addressesOf: () => [] }): Filter {
  return new Parser(text, names).filter();
}

const protocols: Readonly<Record<string, Test>> = {
  ip: { kind: "ether type", number: 0x0800 },
  ip6: { kind: "ether type", number: 0x86dd },
  arp: { kind: "ether type", number: 0x0806 },
  rarp: { kind: "ether type", number: 0x8035 },
  tcp: { kind: "ip protocol", over: "either", number: 6 },
  udp: { kind: "ip protocol", over: "either", number: 17 },
  sctp: { kind: "ip protocol", over: "either", number: 132 },
  icmp: { kind: "ip protocol", over: "ip", number: 1 },
  icmp6: { kind: "ip protocol", over: "ip6", number: 58 },
};

const protocolNumbers: Readonly<Record<string, number>> = {
  ...{ icmp: 1, igmp: 2, tcp: 6, udp: 17, gre: 47, esp: 50, ah: 51, icmp6: 58, "ipv6-icmp": 58, sctp: 132 },
};
const etherTypes: Readonly<Record<string, number>> = { ip: 0x0800, arp: 0x0806, rarp: 0x8035, ip6: 0x86dd };
const byteBases = ["ether", "ip", "ip6", "arp", "tcp", "udp", "icmp", "icmp6"] as const satisfies readonly ByteBase[];
const networkProtocols = ["ip", "ip6", "arp", "rarp"] as const satisfies readonly NetworkProtocol[];
const portProtocols = ["tcp", "udp", "sctp"] as const satisfies readonly PortProtocol[];
const kinds = ["host", "net", "port", "portrange", "proto"] as const;
const relations: readonly string[] = ["=", "!=", ">", "<", ">=", "<="] satisfies readonly Relation[];

/** Offsets and values that have a name. Source: pcap-filter(7). */
const namedNumbers: Readonly<Record<string, number>> = {
  ...{ icmptype: 0, icmpcode: 1, icmp6type: 0, icmp6code: 1, tcpflags: 13 },
  ...{
    "tcp-fin": 1,
    "tcp-syn": 2,
    "tcp-rst": 4,
    "tcp-push": 8,
    "tcp-ack": 16,
    "tcp-urg": 32,
    "tcp-ece": 64,
    "tcp-cwr": 128,
  },
  ...{ "icmp-echoreply": 0, "icmp-unreach": 3, "icmp-redirect": 5, "icmp-echo": 8, "icmp-timxceed": 11 },
  ...{ "icmp6-echo": 128, "icmp6-echoreply": 129, "icmp6-routersolicit": 133, "icmp6-routeradvert": 134 },
  ...{ "icmp6-neighborsolicit": 135, "icmp6-neighboradvert": 136, "icmp6-redirect": 137 },
};

/** What stands before a value. */
interface Qualifiers {
  readonly protocol?: Token;
  readonly end: End;
  readonly kind?: (typeof kinds)[number];
}

/** Deeper than anybody writes, and not so deep that a hostile text would exhaust the stack. */
const MOST_DEPTH = 100;
/** As many as make a program that the kernel would not take. */
const MOST_TERMS = 1000;

class Parser {
  readonly #text: string;
  readonly #names: FilterNames;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #terms = 0;
  /** Of the last value, for one that stands by itself. */
  #last: Qualifiers = { end: "either" };

  constructor(text: string, names: FilterNames) {
    this.#text = text;
    this.#names = names;
    this.#tokens = splitFilter(text);
  }

  filter(): Filter {
    const filter = this.#expression();
    if (this.#peek().kind !== "end") throw this.#wrong("want and, or, or the end");
    return filter;
  }

  #peek(ahead = 0): Token {
    return this.#tokens[this.#at + ahead] ?? { kind: "end", text: "", column: this.#text.length + 1 };
  }

  #take(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  /** Takes the next piece if it is one of these. */
  #takeIf(...texts: readonly string[]): Token | undefined {
    const token = this.#peek();
    return token.kind !== "end" && texts.includes(token.text) ? this.#take() : undefined;
  }

  #want(text: string): Token {
    return this.#takeIf(text) ?? this.#fail(`want ${text}`);
  }

  #wrong(why: string, token = this.#peek()): FilterError {
    const found = token.kind === "end" ? "it ends here" : `there is ${JSON.stringify(token.text)}`;
    return new FilterError(this.#text, token.column, `${found}, ${why}`);
  }

  #fail(why: string, token?: Token): never {
    throw this.#wrong(why, token);
  }

  #expression(): Filter {
    let left = this.#term();
    for (;;) {
      const kind =
        this.#takeIf("and", "&&") !== undefined ? "and" : this.#takeIf("or", "||") !== undefined ? "or" : undefined;
      if (kind === undefined) return left;
      left = { kind, left, right: this.#term() };
    }
  }

  #term(): Filter {
    this.#terms++;
    this.#depth++;
    if (this.#terms > MOST_TERMS) this.#fail(`want at most ${MOST_TERMS} questions`);
    if (this.#depth > MOST_DEPTH) this.#fail(`want at most ${MOST_DEPTH} parentheses or nots in each other`);
    const filter = this.#innerTerm();
    this.#depth--;
    return filter;
  }

  #innerTerm(): Filter {
    if (this.#takeIf("not", "!") !== undefined) return { kind: "not", term: this.#term() };
    if (this.#takeIf("(") !== undefined) {
      const inner = this.#expression();
      this.#want(")");
      return inner;
    }
    return this.#test();
  }

  #test(): Test {
    const first = this.#peek();
    if (first.kind !== "word") this.#fail("want a protocol, host, net, port or the like");
    const next = this.#peek(1).text;
    const base = byteBases.find((each) => each === first.text);
    if (base !== undefined && next === "[") return this.#bytes(base);
    if (next === "broadcast" || next === "multicast") return this.#cast(this.#take());
    if (first.text === "broadcast" || first.text === "multicast") return this.#cast(undefined);
    if (this.#takeIf("len") !== undefined) {
      return { kind: "length", relation: this.#relation(), bytes: this.#number() };
    }
    if (this.#takeIf("greater") !== undefined) return { kind: "length", relation: ">=", bytes: this.#number() };
    if (this.#takeIf("less") !== undefined) return { kind: "length", relation: "<=", bytes: this.#number() };
    return this.#qualified();
  }

  #cast(protocol: Token | undefined): Test {
    const { text } = this.#take();
    const of = `${protocol?.text ?? "ether"} ${text}`;
    const found = (["ether broadcast", "ether multicast", "ip multicast", "ip6 multicast"] as const).find(
      (each) => each === of,
    );
    return found === undefined ? this.#fail(`want ether before ${text}`, protocol) : { kind: "cast", of: found };
  }

  #qualified(): Test {
    const isProtocol = (text: string): boolean => text === "ether" || Object.hasOwn(protocols, text);
    const protocol = isProtocol(this.#peek().text) ? this.#take() : undefined;
    const end = this.#end();
    const kindToken = this.#takeIf(...kinds);
    const kind = kinds.find((each) => each === kindToken?.text);
    const stands = protocol === undefined && end === undefined && kind === undefined;
    if (protocol !== undefined && end === undefined && kind === undefined && !this.#isValue()) {
      const alone = protocols[protocol.text];
      return alone ?? this.#fail("want host, src, dst, proto, broadcast or multicast after ether");
    }
    if (protocol !== undefined && end === undefined && kind === undefined && !takesAddress(protocol.text)) {
      this.#fail("want src, dst, port, portrange, and, or, or the end");
    }
    if (!this.#isValue()) this.#fail(stands ? "want a protocol, host, net, port or the like" : "want a value");
    const qualifiers: Qualifiers = stands
      ? this.#last
      : { end: end ?? "either", ...(protocol !== undefined && { protocol }), ...(kind !== undefined && { kind }) };
    this.#last = qualifiers;
    return this.#value(qualifiers, this.#take());
  }

  #end(): End | undefined {
    const first = this.#takeIf("src", "dst")?.text;
    if (first !== "src" && first !== "dst") return undefined;
    const other = first === "src" ? "dst" : "src";
    // `src or dst port 80`, but not `src 10.0.0.1 or dst 10.0.0.2`
    if (this.#peek(1).text !== other) return first;
    if (this.#peek().text !== "or" && this.#peek().text !== "and") return first;
    const joint = this.#take().text;
    this.#take();
    return joint === "or" ? "either" : "both";
  }

  #isValue(): boolean {
    const { kind, text } = this.#peek();
    return kind === "word" && !["and", "or", "not"].includes(text);
  }

  #value(qualifiers: Qualifiers, token: Token): Test {
    switch (qualifiers.kind) {
      case "port":
        return this.#port(qualifiers, token);
      case "portrange":
        return this.#portRange(qualifiers, token);
      case "proto":
        return this.#protocol(qualifiers, token);
      default:
        return qualifiers.protocol?.text === "ether" ? this.#mac(qualifiers, token) : this.#address(qualifiers, token);
    }
  }

  #port(qualifiers: Qualifiers, token: Token): Test {
    const port = this.#portNumber(token.text, token);
    return {
      kind: "port",
      end: qualifiers.end,
      ...this.#portProtocol(qualifiers),
      ranges: [{ low: port, high: port }],
    };
  }

  #portRange(qualifiers: Qualifiers, token: Token): Test {
    const [low = "", high = "", ...more] = token.text.split("-");
    if (more.length > 0 || high === "") this.#fail("want two ports, such as 8000-8999", token);
    const [first = 0, second = 0] = [this.#portNumber(low, token), this.#portNumber(high, token)].sort((a, b) => a - b);
    const ranges = [{ low: first, high: second }];
    return { kind: "port", end: qualifiers.end, ...this.#portProtocol(qualifiers), ranges };
  }

  #portNumber(text: string, token: Token): number {
    const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
    return port <= 65_535 ? port : this.#fail("want the number of a port, from 0 to 65535", token);
  }

  #portProtocol({ protocol }: Qualifiers): { readonly protocol?: PortProtocol } {
    if (protocol === undefined) return {};
    const found = portProtocols.find((each) => each === protocol.text);
    return found === undefined ? this.#fail("want tcp, udp or sctp before port", protocol) : { protocol: found };
  }

  #protocol({ protocol, end }: Qualifiers, token: Token): Test {
    if (end !== "either") this.#fail("want no src or dst before proto", token);
    const name = token.text.replace(/^\\/, "");
    if (protocol?.text === "ether") {
      const number = etherTypes[name] ?? this.#constant(token);
      if (number < 0x600 || number > 0xffff)
        this.#fail("want an EtherType from 0x600 to 0xffff, or ip, ip6, arp", token);
      return { kind: "ether type", number };
    }
    const over = protocol === undefined ? "either" : (["ip", "ip6"] as const).find((each) => each === protocol.text);
    if (over === undefined) this.#fail("want ip, ip6 or ether before proto", protocol);
    const number = protocolNumbers[name] ?? this.#constant(token);
    if (number > 255) this.#fail("want a protocol from 0 to 255, or its name", token);
    return { kind: "ip protocol", over, number };
  }

  #mac({ end, kind }: Qualifiers, token: Token): Test {
    try {
      if (kind !== "net") return { kind: "mac", end, mac: parseMacAddress(token.text) };
    } catch {} // as with `net`: this is no MAC address
    return this.#fail("want a MAC address, such as 02:42:ac:11:00:02", token);
  }

  #address({ protocol, end, kind }: Qualifiers, token: Token): Test {
    const within = networkProtocols.find((each) => each === protocol?.text);
    if (protocol !== undefined && within === undefined) {
      this.#fail(`want ip, ip6, arp or ether before ${kind ?? "an address"}`, protocol);
    }
    const read = kind === "net" || token.text.includes("/") ? this.#net(token) : this.#hosts(token);
    const prefixes = read.filter((prefix) => within === undefined || prefix.includes(":") === (within === "ip6"));
    if (prefixes.length === 0) this.#fail(`want an address that ${within} has`, token);
    return { kind: "address", end, prefixes, ...(within !== undefined && { within }) };
  }

  #net(token: Token): readonly IpPrefix[] {
    try {
      return [token.text.includes("/") ? parseIpPrefix(token.text) : hostPrefix(parseIpAddress(token.text))];
    } catch (error) {
      const why = error instanceof Error && error.message.includes("host bits") ? "its host bits are set, " : "";
      return this.#fail(`${why}want a network, such as 10.0.0.0/8 or 2001:db8::/32`, token);
    }
  }

  #hosts(token: Token): readonly IpPrefix[] {
    if (/^[\d.]+$/.test(token.text) || token.text.includes(":")) {
      try {
        return [hostPrefix(parseIpAddress(token.text))];
      } catch {
        return this.#fail("want an address, such as 10.0.0.5 or 2001:db8::5", token);
      }
    }
    const addresses = this.#names.addressesOf(token.text);
    return addresses.length > 0
      ? addresses.map(hostPrefix)
      : this.#fail("want an address, or the name of a sandbox that has one", token);
  }

  #bytes(base: ByteBase): Test {
    this.#take();
    this.#want("[");
    const at = this.#peek();
    const offset = this.#number();
    if (offset > 0xffff) this.#fail("want an offset from 0 to 65535", at);
    const size = this.#takeIf(":") === undefined ? 1 : this.#size();
    this.#want("]");
    const mask = this.#takeIf("&") === undefined ? undefined : this.#number();
    const relation = this.#relation();
    return { kind: "bytes", base, offset, size, ...(mask !== undefined && { mask }), relation, value: this.#number() };
  }

  #size(): 1 | 2 | 4 {
    const token = this.#peek();
    const size = this.#number();
    return size === 1 || size === 2 || size === 4 ? size : this.#fail("want 1, 2 or 4 bytes", token);
  }

  #relation(): Relation {
    const token = this.#take();
    const text = token.text === "==" ? "=" : token.text;
    return relations.includes(text) ? (text as Relation) : this.#fail("want =, !=, >, <, >= or <=", token);
  }

  /** One number, or several that are or-ed; with parentheses around them or without. */
  #number(): number {
    const opened = this.#takeIf("(");
    let number = this.#constant(this.#take());
    while (this.#takeIf("|") !== undefined) number = (number | this.#constant(this.#take())) >>> 0;
    if (opened !== undefined) this.#want(")");
    return number;
  }

  #constant(token: Token): number {
    const named = Object.hasOwn(namedNumbers, token.text) ? namedNumbers[token.text] : undefined;
    if (named !== undefined) return named;
    const isNumber = /^(?:0x[\da-f]{1,8}|\d{1,10})$/i.test(token.text);
    const number = isNumber ? Number(token.text) : Number.NaN;
    return number <= 0xffff_ffff ? number : this.#fail("want a number, such as 2 or 0x12", token);
  }
}

function takesAddress(protocol: string): boolean {
  return protocol === "ether" || networkProtocols.some((each) => each === protocol);
}

function hostPrefix(address: IpAddress): IpPrefix {
  return makePrefix(address, address.includes(":") ? 128 : 32);
}
