import { viewRules } from "../../../insight/state/mod.ts";
import { defineCommand } from "../command.ts";
import { chooseFamily, familyOptions } from "../values/family.ts";
import { choosePlace, enterPlace, placeDetails, placeOperand, placeOption } from "../values/place.ts";

export const ruleLs = defineCommand({
  name: "rule ls",
  summary: "List the rules that choose a routing table, in the order in which they are asked",
  details: placeDetails,
  options: { in: placeOption, ...familyOptions },
  operands: { place: placeOperand },
  daemon: "ask",
  examples: [
    { line: "weft rule ls", says: "This namespace's" },
    { line: "weft rule ls -4 --in blue --json", says: "IPv4 of another, for programs" },
  ],
  async run({ options, operands, client, out, host }) {
    const family = chooseFamily(options);
    using place = await enterPlace({ client, host }, choosePlace(options.in, operands.place));
    const rules = viewRules(place, family);
    if (options.json) return out.json(rules);
    out.table(rules, {
      FAMILY: ({ family: each }) => each,
      PRIORITY: ({ priority }) => String(priority),
      MATCH: ({ selector }) => selector,
      ACTION: ({ effect }) => effect,
      PROTOCOL: ({ protocol }) => protocol ?? "-",
    });
  },
});
