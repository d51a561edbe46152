import { parseIpAddress } from "../../../net/mod.ts";
import { removeNeighbour } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option } from "../option.ts";
import { changeDetails, linkOption } from "../values/changes.ts";
import { choosePlace, enterPlace, placeOption } from "../values/place.ts";
import { required } from "../values/required.ts";

export const neighbourRm = defineCommand({
  name: "neighbour rm",
  summary: "Forget which MAC address an IP address has",
  details: changeDetails,
  options: {
    in: placeOption,
    link: linkOption,
    proxy: option.flag("The entry by which this namespace answers for it"),
  },
  operands: { address: operand.one("ADDRESS", parseIpAddress) },
  daemon: "ask",
  examples: [{ line: "weft neighbour rm 10.0.0.9 --link eth0 --in red", says: "The next packet asks for it anew" }],
  async run({ options, operands, client, out, host }) {
    const link = required(options.link, "neighbour rm", "--link");
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    removeNeighbour(place, { link, address: operands.address, proxy: options.proxy });
    if (options.json) out.json({ removed: [operands.address] });
  },
});
