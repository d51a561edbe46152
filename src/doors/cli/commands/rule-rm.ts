import { removeRule } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { option } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { changeDetails } from "../values/changes.ts";
import { choosePlace, enterPlace, placeOption } from "../values/place.ts";
import { readRoutingRule, routingRuleOptions } from "../values/routing-rules.ts";

export const ruleRm = defineCommand({
  name: "rule rm",
  summary: "Remove a rule that chooses a routing table",
  details: `The rule that has all that is given goes, of each family; nothing is removed as long as two of one family may be meant. ${changeDetails}`,
  options: {
    in: placeOption,
    ...routingRuleOptions,
    force: option.flag("Also one that the kernel itself has made", { short: "f" }),
  },
  operands: {},
  daemon: "ask",
  examples: [
    { line: "weft rule rm --priority 1000", says: "By the number that weft rule ls shows" },
    { line: "weft rule rm --from 192.168.1.0/24 --in red", says: "By what it is about" },
  ],
  async run({ options, client, out, host }) {
    const rule = readRoutingRule(options);
    if (Object.keys(rule).length === 1) {
      throw new UsageError(
        "Cannot run weft rule rm: nothing says which one, want --priority, --from or another option",
      );
    }
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    const removed = removeRule(place, rule, { force: options.force });
    if (options.json) out.json({ removed: removed.map(({ family, priority }) => ({ family, priority })) });
  },
});
