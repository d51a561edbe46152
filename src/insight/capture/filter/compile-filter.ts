import { unreachable } from "../../../lib/mod.ts";
import {
  type IpPrefix,
  ipBytes,
  type MacAddress,
  macBytes,
  prefixAddress,
  prefixFamily,
  prefixLength,
} from "../../../net/mod.ts";
import { assemble } from "./assemble.ts";
import type { BpfInstruction } from "./bpf.ts";
import { all, any, type Condition, equals, fixed, type Load, never, not } from "./condition.ts";
import type { ByteBase, End, Filter, PortSpan, Relation, Test } from "./filter.ts";

/** What packets begin with. */
export type FilterLinkType = "ethernet" | "raw IP";

/** Source: include/uapi/linux/if_ether.h, include/uapi/linux/in.h. */
const EtherType = { ip: 0x0800, arp: 0x0806, rarp: 0x8035, ip6: 0x86dd } as const;
const Protocol = { icmp: 1, tcp: 6, udp: 17, fragment: 44, icmp6: 58, sctp: 132 } as const;
const IPV6_HEADER_BYTES = 40;

/**
 * The program of classic BPF for a filter, with tcpdump's meaning of it; absent: for all packets.
 *
 * @param snapBytes How much of a packet to keep.
 * @throws {RangeError} when the kernel would not take a program so long.
 * @throws {SyntaxError} when the filter asks for Ethernet's addresses where packets have none.
 */
export function compileFilter(
  filter: Filter | undefined,
  { linkType, snapBytes }: { readonly linkType: FilterLinkType; readonly snapBytes: number },
): readonly BpfInstruction[] {
  return assemble(
    filter === undefined ? { kind: "always", value: true } : new Lowering(linkType).filter(filter),
    snapBytes,
  );
}

/** From questions to bytes, for one kind of link. The order of questions is that of libpcap (gencode.c). */
class Lowering {
  readonly #linkType: FilterLinkType;
  /** Where the network header begins. */
  readonly #network: number;

  constructor(linkType: FilterLinkType) {
    this.#linkType = linkType;
    this.#network = linkType === "ethernet" ? 14 : 0;
  }

  filter(filter: Filter): Condition {
    switch (filter.kind) {
      case "not":
        return not(this.filter(filter.term));
      case "and":
        return all(this.filter(filter.left), this.filter(filter.right));
      case "or":
        return any(...joinTests(alternatives(filter)).map((each) => this.filter(each)));
      default:
        return this.#test(filter);
    }
  }

  #test(test: Test): Condition {
    switch (test.kind) {
      case "ether type":
        return this.#etherType(test.number);
      case "ip protocol":
        return this.#protocol(test.over, test.number);
      case "address":
        return this.#address(test);
      case "mac":
        return this.#mac(test.mac, test.end);
      case "port":
        return this.#port(test);
      case "cast":
        return this.#cast(test.of);
      case "length":
        return compare({ kind: "length" }, test.relation, test.bytes);
      case "bytes":
        return this.#bytes(test);
      default:
        return unreachable(test);
    }
  }

  #at(offset: number, size: 1 | 2 | 4): Load {
    return fixed(this.#network + offset, size);
  }

  #etherType(number: number): Condition {
    if (this.#linkType === "ethernet") {
      // Below 1536 it is the length of an IEEE 802.3 frame: libpcap looks at its DSAP there, which we do not.
      return equals(fixed(12, 2), number);
    }
    if (number === EtherType.ip) return equals(fixed(0, 1), 0x40, 0xf0);
    if (number === EtherType.ip6) return equals(fixed(0, 1), 0x60, 0xf0);
    return never;
  }

  #protocol(over: "ip" | "ip6" | "either", number: number): Condition {
    const next = equals(this.#at(6, 1), number);
    const fragment = all(equals(this.#at(6, 1), Protocol.fragment), equals(this.#at(IPV6_HEADER_BYTES, 1), number));
    const version6 = all(this.#etherType(EtherType.ip6), any(next, fragment));
    const version4 = all(this.#etherType(EtherType.ip), equals(this.#at(9, 1), number));
    if (over === "either") return any(version6, version4);
    return over === "ip" ? version4 : version6;
  }

  #address({ prefixes, end, within }: Extract<Test, { kind: "address" }>): Condition {
    const isVersion6 = (prefix: IpPrefix): boolean => prefixFamily(prefix) === "ipv6";
    const offsets = {
      ip: { src: 12, dst: 16 },
      ip6: { src: 8, dst: 24 },
      arp: { src: 14, dst: 24 },
      rarp: { src: 14, dst: 24 },
    };
    const protocols = (["ip", "arp", "rarp", "ip6"] as const).filter((name) => within === undefined || within === name);
    return any(
      ...protocols.flatMap((name) => {
        const own = prefixes.filter((prefix) => isVersion6(prefix) === (name === "ip6"));
        if (own.length === 0) return [];
        const ends = ofEnds(end, own, (prefix, one) => this.#prefix(prefix, offsets[name][one]));
        return [all(this.#etherType(EtherType[name]), ends)];
      }),
    );
  }

  /** Compares 32 bits at a time. */
  #prefix(prefix: IpPrefix, offset: number): Condition {
    const bytes = ipBytes(prefixAddress(prefix));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const words: Condition[] = [];
    for (let at = 0; at < bytes.length; at += 4) {
      const bits = Math.min(32, prefixLength(prefix) - at * 8);
      if (bits <= 0) break;
      const mask = bits === 32 ? undefined : (0xffff_ffff << (32 - bits)) >>> 0;
      words.push(equals(this.#at(offset + at, 4), view.getUint32(at), mask));
    }
    return all(...words);
  }

  #mac(mac: MacAddress, end: End): Condition {
    this.#wantEthernet("addresses");
    const bytes = macBytes(mac);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return ofEnds(end, [undefined], (_, one) => {
      const offset = one === "dst" ? 0 : 6;
      return all(equals(fixed(offset + 2, 4), view.getUint32(2)), equals(fixed(offset, 2), view.getUint16(0)));
    });
  }

  #port({ end, protocol, ranges }: Extract<Test, { kind: "port" }>): Condition {
    const numbers = protocol === undefined ? [Protocol.tcp, Protocol.udp, Protocol.sctp] : [Protocol[protocol]];
    const within = (load: Load, { low, high }: PortSpan): Condition =>
      low === high
        ? equals(load, low)
        : all({ kind: "compare", load, relation: ">=", value: low }, compare(load, "<=", high));
    const behind = (offset: number): Load => ({ kind: "behind IPv4", header: this.#network, offset, size: 2 });
    const offsets = { src: 0, dst: 2 } as const;
    return any(
      all(
        this.#etherType(EtherType.ip6),
        any(...numbers.map((number) => equals(this.#at(6, 1), number))),
        ofEnds(end, ranges, (range, one) => within(this.#at(IPV6_HEADER_BYTES + offsets[one], 2), range)),
      ),
      all(
        this.#etherType(EtherType.ip),
        any(...numbers.map((number) => equals(this.#at(9, 1), number))),
        this.#isFirstFragment(),
        ofEnds(end, ranges, (range, one) => within(behind(offsets[one]), range)),
      ),
    );
  }

  #isFirstFragment(): Condition {
    return not({ kind: "compare", load: this.#at(6, 2), relation: "set", value: 0x1fff });
  }

  #cast(of: Extract<Test, { kind: "cast" }>["of"]): Condition {
    switch (of) {
      case "ether broadcast":
        this.#wantEthernet("broadcast");
        return all(equals(fixed(2, 4), 0xffff_ffff), equals(fixed(0, 2), 0xffff));
      case "ether multicast":
        this.#wantEthernet("multicast");
        return { kind: "compare", load: fixed(0, 1), relation: "set", value: 1 };
      case "ip multicast":
        return all(this.#etherType(EtherType.ip), compare(this.#at(16, 1), ">=", 224));
      case "ip6 multicast":
        return all(this.#etherType(EtherType.ip6), equals(this.#at(24, 1), 255));
      default:
        return unreachable(of);
    }
  }

  #bytes({ base, offset, size, mask, relation, value }: Extract<Test, { kind: "bytes" }>): Condition {
    const { guard, load } = this.#base(base, offset, size);
    return all(...guard, compare(load, relation, value, mask));
  }

  /** What must be so before the header is there, and where the number is then. */
  #base(
    base: ByteBase,
    offset: number,
    size: 1 | 2 | 4,
  ): { readonly guard: readonly Condition[]; readonly load: Load } {
    switch (base) {
      case "ether":
        this.#wantEthernet("header");
        return { guard: [], load: fixed(offset, size) };
      case "ip":
      case "ip6":
      case "arp":
        return { guard: [this.#etherType(EtherType[base])], load: this.#at(offset, size) };
      case "icmp6":
        return {
          guard: [this.#etherType(EtherType.ip6), equals(this.#at(6, 1), Protocol.icmp6)],
          load: this.#at(IPV6_HEADER_BYTES + offset, size),
        };
      case "tcp":
      case "udp":
      case "icmp":
        return {
          guard: [this.#protocol("ip", Protocol[base]), this.#isFirstFragment()],
          load: { kind: "behind IPv4", header: this.#network, offset, size },
        };
      default:
        return unreachable(base);
    }
  }

  #wantEthernet(what: string): void {
    if (this.#linkType === "ethernet") return;
    throw new SyntaxError(
      `Cannot use this filter: it asks for Ethernet's ${what}, and a link there carries IP without Ethernet`,
    );
  }
}

/** What one end, either end or both ends must be, of which any of the values will do. */
function ofEnds<T>(end: End, values: readonly T[], of: (value: T, one: "src" | "dst") => Condition): Condition {
  const some = (one: "src" | "dst"): readonly Condition[] => values.map((value) => of(value, one));
  if (end === "either") return any(...some("src"), ...some("dst"));
  if (end === "both") return any(...values.map((value) => all(of(value, "src"), of(value, "dst"))));
  return any(...some(end));
}

/** `a or b or c`, as a list. */
function alternatives(filter: Filter): readonly Filter[] {
  const found: Filter[] = [];
  let rest = filter;
  // From the left, since that is how they nest: recursion would be as deep as the filter is long.
  for (; rest.kind === "or"; rest = rest.left) found.unshift(rest.right);
  return [rest, ...found];
}

/** Makes one question of neighbours that differ in their value only, so that a long list of ports is a short program. */
function joinTests(filters: readonly Filter[]): readonly Filter[] {
  const joined: Filter[] = [];
  for (const filter of filters) {
    const both = join(joined.at(-1), filter);
    if (both !== undefined) joined.pop();
    joined.push(both ?? filter);
  }
  return joined;
}

function join(one: Filter | undefined, other: Filter): Filter | undefined {
  if (one?.kind === "port" && other.kind === "port" && one.end === other.end && one.protocol === other.protocol) {
    return { ...one, ranges: [...one.ranges, ...other.ranges] };
  }
  if (one?.kind === "address" && other.kind === "address" && one.end === other.end && one.within === other.within) {
    return { ...one, prefixes: [...one.prefixes, ...other.prefixes] };
  }
  return undefined;
}

function compare(load: Load, relation: Relation, value: number, mask?: number): Condition {
  const masked = mask !== undefined && { mask };
  switch (relation) {
    case "=":
    case ">":
    case ">=":
      return { kind: "compare", load, relation, value, ...masked };
    case "!=":
      return not(compare(load, "=", value, mask));
    case "<":
      return not(compare(load, ">=", value, mask));
    case "<=":
      return not(compare(load, ">", value, mask));
    default:
      return unreachable(relation);
  }
}
