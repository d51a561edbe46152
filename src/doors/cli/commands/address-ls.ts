import { type AddressView, viewAddresses } from "../../../insight/state/mod.ts";
import { defineCommand } from "../command.ts";
import { chooseFamily, familyOptions } from "../values/family.ts";
import { choosePlace, enterPlace, placeDetails, placeOperand, placeOption } from "../values/place.ts";
import { formatFlags, formatNamed, formatOwner } from "../views/kernel.ts";

export const addressLs = defineCommand({
  name: "address ls",
  summary: "List the IP addresses of a namespace",
  details: placeDetails,
  options: { in: placeOption, ...familyOptions },
  operands: { place: placeOperand },
  daemon: "ask",
  examples: [
    { line: "weft address ls", says: "This namespace's" },
    { line: "weft address ls -4 --in blue --json", says: "IPv4 of another, for programs" },
  ],
  async run({ options, operands, client, out, host }) {
    const family = chooseFamily(options);
    using place = await enterPlace({ client, host }, choosePlace(options.in, operands.place));
    const addresses = viewAddresses(place, place.names).filter(
      (each) => family === undefined || each.family === family,
    );
    if (options.json) return out.json(addresses);
    out.table(addresses, {
      LINK: ({ link }) => link,
      ADDRESS: ({ address, name }) => formatNamed(address, name),
      SCOPE: ({ scope }) => String(scope),
      FLAGS: flagsOf,
      VALID: ({ validSeconds }) => (validSeconds === undefined ? "forever" : `${validSeconds} s`),
      OWNER: formatOwner,
    });
  },
});

function flagsOf({ secondary, tentative, dadFailed, deprecated, noDad, noPrefixRoute }: AddressView): string {
  return formatFlags({
    secondary,
    tentative,
    "dad-failed": dadFailed,
    deprecated,
    nodad: noDad,
    noprefixroute: noPrefixRoute,
  });
}
