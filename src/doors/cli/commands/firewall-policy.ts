import { setFirewallPolicy } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { changeDetails } from "../values/changes.ts";
import { choosePlace, enterPlace, placeOption } from "../values/place.ts";
import { wordOf } from "../values/words.ts";

const chains = ["input", "forward", "output"] as const;
const policies = ["accept", "drop"] as const;

export const firewallPolicy = defineCommand({
  name: "firewall policy",
  summary: "Say what becomes of packets that no rule of weft firewall add decides about",
  details: `As iptables -P does, for CHAIN input, forward or output of a namespace: POLICY is accept or drop. ${changeDetails}`,
  options: { in: placeOption },
  operands: {
    chain: operand.one("CHAIN", wordOf(chains), chains),
    policy: operand.one("POLICY", wordOf(policies), policies),
  },
  daemon: "ask",
  examples: [{ line: "weft firewall policy input drop --in red", says: "Only what a rule accepts comes in" }],
  async run({ options, operands, client, out, host }) {
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    setFirewallPolicy(place, operands.chain, operands.policy);
    if (options.json) out.json(operands);
  },
});
