import {
  accept,
  counter,
  dnat,
  drop,
  masquerade,
  type NftRule,
  type NftStatement,
  reject,
  rule,
  snat,
} from "../kernel/objects/nftables/mod.ts";
import { addressFamily, type IpFamily } from "../net/mod.ts";
import type { NatDestination } from "./nat-destination.ts";
import { type PacketMatch, packetTests, portValue } from "./packet-match.ts";
import { RuleFieldError } from "./rule-field-error.ts";

/** Where packets meet rules, as iptables and nft call it; with the links that a packet has there. */
const hookLinks = {
  prerouting: ["in"],
  input: ["in"],
  forward: ["in", "out"],
  output: ["out"],
  postrouting: ["out"],
} as const;
export type FirewallHook = keyof typeof hookLinks;
export const firewallHooks: readonly FirewallHook[] = ["input", "forward", "output", "prerouting", "postrouting"];

export type RuleAction =
  | { readonly kind: "accept" | "drop" | "reject" }
  /** The packet leaves with the address of the link that it leaves by. */
  | { readonly kind: "masquerade" }
  | { readonly kind: "dnat" | "snat"; readonly to: NatDestination };

/** A rule in words. */
export interface FirewallRule {
  readonly hook: FirewallHook;
  readonly packet: PacketMatch;
  readonly action: RuleAction;
  readonly comment?: string | undefined;
  /** Whether it counts the packets that it is about. */
  readonly counted?: boolean;
}

/** What nf_tables knows of it: a rule for each family that its addresses are of. @throws {RuleFieldError} */
export function compileRule(
  chain: string,
  { hook, packet, action, comment, counted = false }: FirewallRule,
): readonly NftRule[] {
  checkAction(hook, packet, action);
  const family = "to" in action ? addressFamily(action.to.address) : undefined;
  const tests = packetTests(packet, { links: hookLinks[hook], ...(family !== undefined && { family }) });
  const verdict = compileAction(action, family);
  return tests.map((each) => rule(chain, [...each, ...(counted ? [counter()] : []), verdict], comment));
}

function checkAction(hook: FirewallHook, packet: PacketMatch, action: RuleAction): void {
  if ("to" in action && action.to.ports !== undefined && packet.ports === undefined && packet.protocol === undefined) {
    throw new RuleFieldError("to", "it changes the port: want a protocol, too");
  }
  if (action.kind === "dnat" && action.to.ports !== undefined && packet.ports === undefined) {
    throw new RuleFieldError("to", "it changes the port: want the ports that it is for");
  }
  const everything = packet.out === undefined && packet.source === undefined;
  if (action.kind === "masquerade" && everything) {
    throw new RuleFieldError(
      undefined,
      "it would change everything, loopback too: want a link to leave by, or a source",
    );
  }
  const wanted = hooksOf(action);
  if (!wanted.includes(hook)) {
    throw new RuleFieldError("action", `${action.kind} has no sense in ${hook}: want it in ${wanted.join(" or ")}`);
  }
}

function hooksOf({ kind }: RuleAction): readonly FirewallHook[] {
  switch (kind) {
    case "accept":
      return firewallHooks;
    case "drop":
    case "reject":
      return ["input", "forward", "output"];
    case "dnat":
      return ["prerouting", "output"];
    case "masquerade":
    case "snat":
      return ["postrouting"];
  }
}

function compileAction(action: RuleAction, family: IpFamily | undefined): NftStatement {
  if (!("to" in action)) return { accept, drop, reject, masquerade }[action.kind]();
  const { address, ports } = action.to;
  const target = {
    family: family === "ipv4" ? "ip" : "ip6",
    address,
    ...(ports !== undefined && { ports: portValue(ports) }),
  } as const;
  return action.kind === "dnat" ? dnat(target) : snat(target);
}
