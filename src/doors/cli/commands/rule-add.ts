import { viewRules } from "../../../insight/state/mod.ts";
import { addRule } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../usage-error.ts";
import { changeDetails, ifNotExistsOption } from "../values/changes.ts";
import { choosePlace, enterPlace, placeOption } from "../values/place.ts";
import { readRoutingRule, routingRuleOptions } from "../values/routing-rules.ts";

export const ruleAdd = defineCommand({
  name: "rule add",
  summary: "Add a rule that chooses a routing table (policy routing)",
  details: `Without a prefix, -4 or -6 it is two rules, one for each family. Without --priority it is asked before all others but the local table's. ${changeDetails}`,
  options: { in: placeOption, ...routingRuleOptions, ifNotExists: ifNotExistsOption },
  operands: {},
  daemon: "ask",
  examples: [
    {
      line: "weft rule add --from 192.168.1.0/24 --table 100 --in red",
      says: "Who sends from there has routes of its own",
    },
    { line: "weft rule add --mark 0x1/0xff --table 200 --priority 1000", says: "What the firewall has marked" },
    { line: "weft rule add --to 10.9.0.0/16 --action prohibit -4", says: "Nobody goes there" },
  ],
  async run({ options, client, out, host }) {
    const rule = readRoutingRule(options);
    if (rule.action === undefined && rule.suppressPrefixLength === undefined) {
      throw new UsageError("Cannot run weft rule add: nothing says where packets look, want --table or --action");
    }
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    const added = addRule(place, { ...rule, action: rule.action ?? "table" }, { ifNotExists: options.ifNotExists });
    if (!options.json) return;
    const isAdded = (family: string, priority: number): boolean =>
      added.some((each) => each.family === family && each.priority === priority);
    out.json(viewRules(place).filter(({ family, priority }) => isAdded(family, priority)));
  },
});
