import { removeLink } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { changeDetails, forceOption } from "../values/changes.ts";
import { choosePlace, enterPlace, placeOption } from "../values/place.ts";
import { forEachReference } from "../values/references.ts";

export const linkRm = defineCommand({
  name: "link rm",
  summary: "Remove links, a veth's other end with it",
  details: `Links that networks and topologies of Weft's consist of stay, unless --force says otherwise. ${changeDetails}`,
  options: { in: placeOption, force: forceOption },
  operands: { names: operand.some("LINK", { complete: "link" }) },
  daemon: "ask",
  examples: [{ line: "weft link rm veth0 br0 --in red", says: "Two of them; each is printed when it is gone" }],
  async run({ options, operands, client, out, host }) {
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    const { found, exitCode } = await forEachReference(operands.names, host, async (name) => {
      removeLink(place, name, { force: options.force });
      if (!options.json) out.line(name);
      return name;
    });
    if (options.json) out.json({ removed: found });
    return exitCode;
  },
});
