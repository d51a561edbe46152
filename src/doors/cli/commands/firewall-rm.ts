import { type RuleReference, removeFirewallRule } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option, wholeNumber } from "../option.ts";
import { changeDetails } from "../values/changes.ts";
import { choosePlace, enterPlace, placeOption } from "../values/place.ts";
import { forEachReference } from "../values/references.ts";

export const firewallRm = defineCommand({
  name: "firewall rm",
  summary: "Remove rules from the firewall of a namespace, by the handles that weft firewall ls --rules shows",
  details: `Rules that weft firewall add has made, and those in chain admin of table inet weft, go at once; somebody else's only with --foreign. A handle is one table's: --table says which, where two have it. Those of iptables-legacy have none, and are removed by iptables-legacy. ${changeDetails}`,
  options: {
    in: placeOption,
    table: option.value("[FAMILY:]TABLE", "Of this table", parseTable),
    foreign: option.flag("Also when it is somebody else's"),
  },
  operands: { handles: operand.many("HANDLE", wholeNumber(1, Number.MAX_SAFE_INTEGER)) },
  daemon: "ask",
  examples: [
    { line: "weft firewall rm 4 5 --in red", says: "Two of those that weft firewall add has printed" },
    { line: "weft firewall rm 12 --table ip:filter --foreign", says: "Somebody else's" },
  ],
  async run({ options, operands, client, out, host }) {
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    const { table, foreign } = options;
    const { found, exitCode } = await forEachReference(operands.handles, host, async (handle) => {
      const reference = { handle, ...(table !== undefined && { table }) };
      const { family, table: name, chain, text } = removeFirewallRule(place, reference, { foreign });
      if (!options.json) out.line(String(handle));
      return { handle, family, table: name, chain, text };
    });
    if (options.json) out.json({ removed: found });
    return exitCode;
  },
});

/** `filter`, or with its family `ip:filter`. */
function parseTable(text: string): NonNullable<RuleReference["table"]> {
  const colon = text.indexOf(":");
  return colon < 0 ? { name: text } : { family: text.slice(0, colon), name: text.slice(colon + 1) };
}
