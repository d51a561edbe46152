import type { IpPrefix, MacAddress } from "../../../net/mod.ts";

/** A filter as it was written, with all names and numbers read. */
export type Filter =
  | { readonly kind: "not"; readonly term: Filter }
  | { readonly kind: "and" | "or"; readonly left: Filter; readonly right: Filter }
  | Test;

/** Which end of a packet: `both` is `src and dst`. */
export type End = "src" | "dst" | "either" | "both";

export type Relation = "=" | "!=" | ">" | "<" | ">=" | "<=";

export type NetworkProtocol = "ip" | "ip6" | "arp" | "rarp";
export type PortProtocol = "tcp" | "udp" | "sctp";

export interface PortSpan {
  readonly low: number;
  readonly high: number;
}

/** One question about a packet. */
export type Test =
  | { readonly kind: "ether type"; readonly number: number }
  /** What IP carries; over one of its versions, or both. */
  | { readonly kind: "ip protocol"; readonly over: "ip" | "ip6" | "either"; readonly number: number }
  /** `within`: only in packets of that protocol. Any of the prefixes may match. */
  | {
      readonly kind: "address";
      readonly end: End;
      readonly prefixes: readonly IpPrefix[];
      readonly within?: NetworkProtocol;
    }
  | { readonly kind: "mac"; readonly end: End; readonly mac: MacAddress }
  | {
      readonly kind: "port";
      readonly end: End;
      readonly protocol?: PortProtocol;
      /** Any of them may match. */
      readonly ranges: readonly PortSpan[];
    }
  | { readonly kind: "cast"; readonly of: "ether broadcast" | "ether multicast" | "ip multicast" | "ip6 multicast" }
  | { readonly kind: "length"; readonly relation: Relation; readonly bytes: number }
  /** `tcp[13] & 2 != 0`. */
  | {
      readonly kind: "bytes";
      readonly base: ByteBase;
      readonly offset: number;
      readonly size: 1 | 2 | 4;
      readonly mask?: number;
      readonly relation: Relation;
      readonly value: number;
    };

/** The header that an offset counts from. */
export type ByteBase = "ether" | "ip" | "ip6" | "arp" | "tcp" | "udp" | "icmp" | "icmp6";
