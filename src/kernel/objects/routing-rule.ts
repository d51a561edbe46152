import type { IpFamily, IpPrefix, LinkName, PortRange } from "../../net/mod.ts";

export type RoutingRuleActionName = "table" | "goto" | "nop" | "blackhole" | "unreachable" | "prohibit";

/** One line of the policy that chooses a routing table. The lowest priority is asked first. */
export interface RoutingRule {
  readonly family: IpFamily;
  readonly priority: number;
  readonly action: RoutingRuleActionName | number;
  /** Where `action` is `table`; absent with `l3mdev`. */
  readonly table?: number;
  /** Priority of the rule to go on with, where `action` is `goto`. */
  readonly goto?: number;
  /** Matches what the rest does not. */
  readonly invert: boolean;
  readonly source?: IpPrefix;
  readonly destination?: IpPrefix;
  readonly mark?: { readonly value: number; readonly mask: number };
  readonly tos?: number;
  readonly incoming?: LinkName;
  readonly outgoing?: LinkName;
  /** IP protocol number. */
  readonly ipProtocol?: number;
  readonly sourcePorts?: PortRange;
  readonly destinationPorts?: PortRange;
  /** Routes whose prefix is this short or shorter do not count: 0 ignores the default route. */
  readonly suppressPrefixLength?: number;
  readonly l3mdev: boolean;
  /** Who made it, `RTPROT_*`. */
  readonly protocol?: number;
}
