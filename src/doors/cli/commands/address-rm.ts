import { parseInterfaceAddress, parseIpAddress } from "../../../net/mod.ts";
import { removeAddress } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { changeDetails, linkOption } from "../values/changes.ts";
import { choosePlace, enterPlace, placeOption } from "../values/place.ts";
import { forEachReference } from "../values/references.ts";
import { required } from "../values/required.ts";

export const addressRm = defineCommand({
  name: "address rm",
  summary: "Take addresses from a link",
  details: `Every address that is gone is printed: with the first of an IPv4 prefix the kernel takes the others of it, unless the sysctl promote_secondaries is on. ${changeDetails}`,
  options: { in: placeOption, link: linkOption },
  operands: { addresses: operand.many("ADDRESS[/LENGTH]", parseAddress) },
  daemon: "ask",
  examples: [{ line: "weft address rm 10.0.0.1 --link veth0 --in red", says: "The length is not needed" }],
  async run({ options, operands, client, out, host }) {
    const link = required(options.link, "address rm", "--link");
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    const gone = new Set<string>();
    const { exitCode } = await forEachReference(operands.addresses, host, async (address) => {
      if (gone.has(address)) return; // with one before it
      for (const each of removeAddress(place, { link, address })) {
        gone.add(each);
        if (!options.json) out.line(each);
      }
    });
    if (options.json) out.json({ removed: [...gone] });
    return exitCode;
  },
});

function parseAddress(text: string) {
  return text.includes("/") ? parseInterfaceAddress(text) : parseIpAddress(text);
}
