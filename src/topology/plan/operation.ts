import type { TokenBucket } from "../../kernel/objects/mod.ts";
import { formatRuleset, type NftRuleset } from "../../kernel/objects/nftables/mod.ts";
import { unreachable } from "../../lib/mod.ts";
import type { ProcessSpec } from "../../model/mod.ts";
import type { InterfaceAddress, LinkName } from "../../net/mod.ts";
import {
  formatLinkPlace,
  formatProcessPlace,
  type LinkPlace,
  type PlaceName,
  type ProcessPlace,
  type TopologyHop,
  type TopologyLink,
  type TopologyRoute,
  type TopologyRule,
} from "../state/mod.ts";

/** What a link that is there is given. */
export interface LinkSettings {
  readonly up?: boolean;
  readonly mtu?: number;
  readonly mac?: NonNullable<TopologyLink["mac"]>;
  readonly bridge?: LinkName | "none";
}

/** One change to the kernel, by names only: link numbers are found when it is made. */
export type TopologyOperation =
  | { readonly kind: "create-namespace" | "delete-namespace"; readonly place: PlaceName }
  /** A veth's other end comes with it. */
  | {
      readonly kind: "create-link";
      readonly at: LinkPlace;
      readonly link: TopologyLink;
      /** Of a veth. */
      readonly peer?: TopologyLink;
    }
  | { readonly kind: "delete-link"; readonly at: LinkPlace }
  | { readonly kind: "set-link"; readonly at: LinkPlace; readonly settings: LinkSettings }
  | { readonly kind: "add-address" | "delete-address"; readonly at: LinkPlace; readonly address: InterfaceAddress }
  | { readonly kind: "set-limit"; readonly at: LinkPlace; readonly limit: TokenBucket }
  | { readonly kind: "delete-limit"; readonly at: LinkPlace }
  | { readonly kind: "set-route" | "delete-route"; readonly place: PlaceName; readonly route: TopologyRoute }
  | { readonly kind: "add-rule" | "delete-rule"; readonly place: PlaceName; readonly rule: TopologyRule }
  | { readonly kind: "set-sysctl"; readonly place: PlaceName; readonly path: string; readonly value: string }
  | { readonly kind: "load-firewall"; readonly place: PlaceName; readonly ruleset: NftRuleset }
  | { readonly kind: "delete-firewall"; readonly place: PlaceName }
  | { readonly kind: "start-process"; readonly at: ProcessPlace; readonly spec: ProcessSpec }
  | { readonly kind: "stop-process"; readonly at: ProcessPlace }
  /** It died; the processes that it looked after live. */
  | { readonly kind: "start-keeper" };

/** Those that the kernel's own requests do. */
export type KernelOperation = Exclude<
  TopologyOperation,
  { readonly kind: "start-process" | "stop-process" | "start-keeper" }
>;

/** Where an operation acts. */
export function placeOf(operation: KernelOperation): PlaceName {
  return "at" in operation ? operation.at.place : operation.place;
}

/** A line for people; of a firewall with its rules below. */
export function formatOperation(operation: TopologyOperation): string {
  switch (operation.kind) {
    case "create-namespace":
      return `create namespace ${operation.place}`;
    case "delete-namespace":
      return `delete namespace ${operation.place}`;
    case "create-link":
      return `create ${formatNewLink(operation)}`;
    case "delete-link":
      return `delete link ${formatLinkPlace(operation.at)}`;
    case "set-link":
      return `set ${formatLinkPlace(operation.at)} ${formatSettings(operation.settings)}`;
    case "add-address":
      return `add address ${operation.address} to ${formatLinkPlace(operation.at)}`;
    case "delete-address":
      return `delete address ${operation.address} of ${formatLinkPlace(operation.at)}`;
    case "set-limit":
      return `limit ${formatLinkPlace(operation.at)} to ${operation.limit.rateBits} bits a second`;
    case "delete-limit":
      return `delete limit of ${formatLinkPlace(operation.at)}`;
    case "set-route":
      return `set ${formatRoute(operation.route)} in ${operation.place}`;
    case "delete-route":
      return `delete ${formatRoute(operation.route)} in ${operation.place}`;
    case "add-rule":
      return `add ${formatRoutingRule(operation.rule)} in ${operation.place}`;
    case "delete-rule":
      return `delete ${formatRoutingRule(operation.rule)} in ${operation.place}`;
    case "set-sysctl":
      return `set sysctl ${operation.path} to ${JSON.stringify(operation.value)} in ${operation.place}`;
    case "load-firewall":
      return `load firewall in ${operation.place}:\n${formatRuleset(operation.ruleset).trimEnd().replace(/^/gm, "  ")}`;
    case "delete-firewall":
      return `delete firewall in ${operation.place}`;
    case "start-process":
      return `start process ${formatProcessPlace(operation.at)}: ${formatCommand(operation.spec.command)}`;
    case "stop-process":
      return `stop process ${formatProcessPlace(operation.at)}`;
    case "start-keeper":
      return "look after the processes again";
    default:
      return unreachable(operation);
  }
}

/** As a shell would take it. */
function formatCommand(words: readonly string[]): string {
  return words
    .map((word) =>
      /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''").replaceAll("\n", "\\n")}'`,
    )
    .join(" ");
}

function formatNewLink({ at, link: { kind } }: Extract<TopologyOperation, { kind: "create-link" }>): string {
  const name = formatLinkPlace(at);
  switch (kind.kind) {
    case "veth":
      return `veth ${name} with its other end ${formatLinkPlace(kind.peer)}`;
    case "macvlan":
    case "ipvlan":
      return `${kind.kind} ${name} on ${formatLinkPlace(kind.lower)}`;
    case "vlan":
      return `vlan ${name} of number ${kind.id} on ${formatLinkPlace(kind.lower)}`;
    case "vxlan":
      return `vxlan ${name} of number ${kind.vni}`;
    default:
      return `${kind.kind} ${name}`;
  }
}

function formatSettings({ up, mtu, mac, bridge }: LinkSettings): string {
  return [
    ...(bridge === undefined ? [] : [bridge === "none" ? "out of its bridge" : `as port of ${bridge}`]),
    ...(mtu === undefined ? [] : [`mtu ${mtu}`]),
    ...(mac === undefined ? [] : [`mac ${mac}`]),
    ...(up === undefined ? [] : [up ? "up" : "down"]),
  ].join(", ");
}

/** Such as `route 10.0.2.0/24 via 10.0.1.2 on veth-red-blue`. */
export function formatRoute(route: TopologyRoute): string {
  return [
    ...(route.type === "unicast" ? [] : [route.type]),
    `route ${route.destination}`,
    ...(route.via === undefined ? [] : [`via ${route.via}`]),
    ...(route.link === undefined ? [] : [`on ${route.link}`]),
    ...(route.onlink ? ["onlink"] : []),
    ...(route.hops === undefined ? [] : [route.hops.map(formatHop).join(" and ")]),
    ...(route.source === undefined ? [] : [`source ${route.source}`]),
    ...(route.mtu === undefined ? [] : [`mtu ${route.mtu}`]),
    ...(route.metric === 0 || (route.metric === 1024 && route.destination.includes(":"))
      ? []
      : [`metric ${route.metric}`]),
    ...(route.table === 254 ? [] : [`table ${route.table}`]),
  ].join(" ");
}

/** Such as `via 10.0.1.2 on a weight 2`. */
function formatHop({ via, link, onlink, weight }: TopologyHop): string {
  const gateway = via === undefined ? "" : `via ${via} `;
  return `${gateway}on ${link}${onlink ? " onlink" : ""}${weight === 1 ? "" : ` weight ${weight}`}`;
}

/** Such as `ipv4 rule 10000 from 10.0.1.0/24 table 100`. */
export function formatRoutingRule(rule: TopologyRule): string {
  return [
    `${rule.family} rule ${rule.priority}`,
    ...(rule.source === undefined ? [] : [`from ${rule.source}`]),
    ...(rule.destination === undefined ? [] : [`to ${rule.destination}`]),
    ...(rule.mark === undefined ? [] : [`mark 0x${rule.mark.value.toString(16)}/0x${rule.mark.mask.toString(16)}`]),
    ...(rule.incoming === undefined ? [] : [`in ${rule.incoming}`]),
    ...(rule.outgoing === undefined ? [] : [`out ${rule.outgoing}`]),
    `table ${rule.table}`,
  ].join(" ");
}
