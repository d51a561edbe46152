import { unreachable } from "../../../lib/mod.ts";
import {
  findPayloadField,
  type HeaderProtocol,
  type PayloadFieldName,
  payloadField,
  protocolFacts,
} from "./packet-fields.ts";
import type { NftSelector } from "./selector.ts";
import type { NftStatement } from "./statement.ts";
import type { NftFamily } from "./table.ts";

/** What a rule knows of its packets after some of its tests. */
export interface KnownProtocols {
  readonly network?: "ip" | "ip6";
  /** Number of the protocol in IP. */
  readonly l4proto?: number;
}

export function protocolsOfFamily(family: NftFamily): KnownProtocols {
  return family === "ip" || family === "ip6" ? { network: family } : {};
}

const l4protoNames: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, "ipv6-icmp": 58, sctp: 132 };

/** What a statement that the packet passed says of its protocols. */
export function protocolsAfter(known: KnownProtocols, statement: NftStatement): KnownProtocols {
  let after = known;
  for (const selector of statementSelectors(statement)) after = { ...after, ...requiredProtocols(selector) };
  return { ...after, ...(testedProtocols(statement) ?? {}) };
}

/** The protocol that a test asks for by itself: `meta nfproto ipv4`, `meta l4proto tcp`, `ip protocol tcp`. */
export function testedProtocols(statement: NftStatement): KnownProtocols | undefined {
  if (statement.kind !== "match" || statement.test.kind !== "compare" || statement.test.operator !== "==")
    return undefined;
  const { selector } = statement;
  const { value } = statement.test;
  if (typeof value === "object") return undefined;
  if (selector.kind === "meta" && selector.key === "nfproto") {
    if (value === "ipv4" || value === 2) return { network: "ip" };
    if (value === "ipv6" || value === 10) return { network: "ip6" };
  }
  const isEtherType = selector.kind === "payload" && selector.field === "ether type";
  if (isEtherType || (selector.kind === "meta" && selector.key === "protocol")) {
    if (value === "ip" || value === 0x0800) return { network: "ip" };
    if (value === "ip6" || value === 0x86dd) return { network: "ip6" };
  }
  const isL4proto =
    (selector.kind === "meta" && selector.key === "l4proto") ||
    (selector.kind === "payload" && (selector.field === "ip protocol" || selector.field === "ip6 nexthdr"));
  const l4proto = typeof value === "number" ? value : l4protoNames[value];
  return isL4proto && l4proto !== undefined ? { l4proto } : undefined;
}

/** What must be known before a selector means anything. */
export function requiredProtocols(selector: NftSelector): KnownProtocols {
  switch (selector.kind) {
    case "payload": {
      const { network, l4proto } = protocolFacts[payloadField(selector.field).protocol];
      return { ...(network !== undefined && { network }), ...(l4proto !== undefined && { l4proto }) };
    }
    case "concat":
      return Object.assign({}, ...selector.parts.map(requiredProtocols));
    case "masked":
    case "networkOrder":
    case "jhash":
      return requiredProtocols(selector.of);
    case "mapped":
      return requiredProtocols(selector.key);
    case "meta":
    case "ct":
    case "header":
    case "fib":
    case "rt":
    case "numgen":
    case "symhash":
    case "tcpOption": // the kernel itself looks for TCP
      return {};
    default:
      return unreachable(selector);
  }
}

/** Every selector that a statement reads or writes. */
export function statementSelectors(statement: NftStatement): readonly NftSelector[] {
  switch (statement.kind) {
    case "match":
      return [statement.selector];
    case "verdictMap":
    case "updateSet":
      return [statement.key];
    case "nat":
      return statement.target.kind === "selector" ? [statement.target.selector] : [];
    case "assign":
      return typeof statement.value === "object" ? [statement.target, statement.value] : [statement.target];
    default:
      return [];
  }
}

/** What a `reject` needs to know: ICMP answers have a family, and only TCP can be reset. */
export function protocolsOfReject(statement: NftStatement): KnownProtocols {
  if (statement.kind !== "reject") return {};
  switch (statement.with.kind) {
    case "tcp reset":
      return { l4proto: 6 };
    case "icmp":
      return { network: "ip" };
    case "icmpv6":
      return { network: "ip6" };
    case "icmpx":
      return {};
    default:
      return unreachable(statement.with);
  }
}

/**
 * The same rule without the tests that the compiler puts in front of headers by itself, and with `th` fields under the
 * protocol that is known: what nft prints. Two rules that do the same so become equal.
 */
export function withoutImpliedMatches(family: NftFamily, statements: readonly NftStatement[]): readonly NftStatement[] {
  let known = protocolsOfFamily(family);
  const named = statements.map((statement) => {
    const renamed = nameTransportFields(statement, known);
    known = protocolsAfter(known, renamed);
    return renamed;
  });
  return named.filter((statement, index) => {
    const isMeta = statement.kind === "match" && statement.selector.kind === "meta";
    if (testsEther(statement))
      return !named.slice(index + 1).some((later) => statementSelectors(later).some(readsEther));
    const tested = testedProtocols(statement);
    if (!isMeta || tested === undefined) return true;
    return !named.slice(index + 1).some((later) => {
      const required: KnownProtocols = Object.assign({}, ...statementSelectors(later).map(requiredProtocols));
      const { network, l4proto } = { ...protocolsOfReject(later), ...required };
      return tested.network !== undefined ? tested.network === network : tested.l4proto === l4proto;
    });
  });
}

function testsEther(statement: NftStatement): boolean {
  if (statement.kind !== "match" || statement.test.kind !== "compare" || statement.test.operator !== "==") return false;
  const { selector, test } = statement;
  return selector.kind === "meta" && selector.key === "iiftype" && (test.value === "ether" || test.value === 1);
}

/** Whether a selector reads the header of Ethernet, which only links of that type have. */
export function readsEther(selector: NftSelector): boolean {
  switch (selector.kind) {
    case "payload":
      return payloadField(selector.field).protocol === "ether";
    case "concat":
      return selector.parts.some(readsEther);
    case "masked":
    case "networkOrder":
    case "jhash":
      return readsEther(selector.of);
    case "mapped":
      return readsEther(selector.key);
    default:
      return false;
  }
}

function nameTransportFields(statement: NftStatement, known: KnownProtocols): NftStatement {
  switch (statement.kind) {
    case "match":
      return { ...statement, selector: nameField(statement.selector, known) };
    case "verdictMap":
    case "updateSet":
      return { ...statement, key: nameField(statement.key, known) };
    case "nat":
      return statement.target.kind === "selector"
        ? { ...statement, target: { ...statement.target, selector: nameField(statement.target.selector, known) } }
        : statement;
    case "assign":
      return typeof statement.value === "object"
        ? { ...statement, value: nameField(statement.value, known) }
        : statement;
    default:
      return statement;
  }
}

/** `th dport` behind `meta l4proto tcp` is `tcp dport`. */
function nameField(selector: NftSelector, known: KnownProtocols): NftSelector {
  switch (selector.kind) {
    case "payload": {
      const name = transportFieldName(selector.field, known);
      return name === selector.field ? selector : { kind: "payload", field: name };
    }
    case "concat":
      return { ...selector, parts: selector.parts.map((part) => nameField(part, known)) };
    case "masked":
    case "networkOrder":
    case "jhash":
      return { ...selector, of: nameField(selector.of, known) };
    case "mapped":
      return { ...selector, key: nameField(selector.key, known) };
    default:
      return selector;
  }
}

function transportFieldName(name: PayloadFieldName, known: KnownProtocols): PayloadFieldName {
  const { protocol, offset, field } = payloadField(name);
  if (protocol !== "th") return name;
  const actual = transportProtocol(known.l4proto);
  return actual === undefined ? name : (findPayloadField(actual, offset, field.bytes) ?? name);
}

export function transportProtocol(l4proto: number | undefined): HeaderProtocol | undefined {
  switch (l4proto) {
    case 1:
      return "icmp";
    case 6:
      return "tcp";
    case 17:
      return "udp";
    case 58:
      return "icmpv6";
    case 132:
      return "sctp";
    default:
      return undefined;
  }
}
