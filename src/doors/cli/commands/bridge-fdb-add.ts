import { viewBridges } from "../../../insight/state/mod.ts";
import { parseMacAddress } from "../../../net/mod.ts";
import { addFdbEntry } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option } from "../option.ts";
import { changeDetails } from "../values/changes.ts";
import { fdbOptions } from "../values/fdb.ts";
import { given } from "../values/given.ts";
import { choosePlace, enterPlace, placeOption } from "../values/place.ts";
import { required } from "../values/required.ts";

export const bridgeFdbAdd = defineCommand({
  name: "bridge fdb add",
  summary: "Say behind which port, or which far end of a vxlan, a MAC address is",
  details: `Of a vxlan, 00:00:00:00:00:00 is what nobody knows: it goes to all far ends that are given for it. ${changeDetails}`,
  options: {
    in: placeOption,
    ...fdbOptions,
    lifetime: option.oneOf(
      ["static", "dynamic", "local"],
      "static does not age (default), dynamic does; local is the bridge's",
    ),
    sticky: option.flag("It does not move to another port"),
    replace: option.flag("Also where there is an entry already"),
  },
  operands: { mac: operand.one("MAC", parseMacAddress) },
  daemon: "ask",
  examples: [
    { line: "weft bridge fdb add 02:00:00:00:00:05 --port veth1", says: "Frames for it go out of one port only" },
    { line: "weft bridge fdb add 00:00:00:00:00:00 --port vx0 --to 192.0.2.9", says: "One more far end" },
  ],
  async run({ options, operands, client, out, host }) {
    const link = required(options.port, "bridge fdb add", "--port");
    const { vlan, to: destination, toPort: port, vni, lifetime, sticky, replace } = options;
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    const { mac } = operands;
    addFdbEntry(place, { link, mac, sticky, replace, ...given({ vlan, destination, port, vni, lifetime }) });
    if (!options.json) return;
    const entries = viewBridges(place, place.names).flatMap(({ fdb }) => fdb);
    out.json(
      entries.find(
        (each) => each.mac === mac && each.port === link && each.vlan === vlan && each.destination === destination,
      ) ?? {
        mac,
        port: link,
        ...given({ destination }),
      },
    );
  },
});
