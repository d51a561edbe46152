import { parseMacAddress } from "../../../net/mod.ts";
import { removeFdbEntry } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { changeDetails } from "../values/changes.ts";
import { fdbOptions } from "../values/fdb.ts";
import { given } from "../values/given.ts";
import { choosePlace, enterPlace, placeOption } from "../values/place.ts";
import { required } from "../values/required.ts";

export const bridgeFdbRm = defineCommand({
  name: "bridge fdb rm",
  summary: "Forget behind which port a MAC address is",
  details: changeDetails,
  options: { in: placeOption, ...fdbOptions },
  operands: { mac: operand.one("MAC", parseMacAddress) },
  daemon: "ask",
  examples: [{ line: "weft bridge fdb rm 02:00:00:00:00:05 --port veth1", says: "As weft bridge ls --fdb shows it" }],
  async run({ options, operands, client, out, host }) {
    const link = required(options.port, "bridge fdb rm", "--port");
    const { vlan, to: destination, toPort: port, vni } = options;
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    removeFdbEntry(place, { link, mac: operands.mac, ...given({ vlan, destination, port, vni }) });
    if (options.json) out.json({ removed: [operands.mac] });
  },
});
