import { viewNeighbours } from "../../../insight/state/mod.ts";
import { parseIpAddress, parseMacAddress } from "../../../net/mod.ts";
import { addNeighbour } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { option } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { changeDetails, linkOption } from "../values/changes.ts";
import { given } from "../values/given.ts";
import { choosePlace, enterPlace, placeOption } from "../values/place.ts";
import { required } from "../values/required.ts";

export const neighbourAdd = defineCommand({
  name: "neighbour add",
  summary: "Say which MAC address an IP address has (ARP, neighbour discovery)",
  details: `With --proxy and without a MAC address: this namespace answers for the address on the link. ${changeDetails}`,
  options: {
    in: placeOption,
    link: linkOption,
    state: option.oneOf(["permanent", "noarp", "reachable", "stale"], "How sure it is (default: permanent)", {
      also: ["--nud"],
    }),
    proxy: option.flag("Answer for the address"),
    router: option.flag("It is a router's"),
    replace: option.flag("Also where there is an entry already"),
  },
  operands: { address: operand.one("ADDRESS", parseIpAddress), mac: operand.maybe("MAC", parseMacAddress) },
  daemon: "ask",
  examples: [
    { line: "weft neighbour add 10.0.0.9 02:00:00:00:00:09 --link eth0", says: "Nobody is asked for it" },
    { line: "weft neighbour add 10.0.0.9 --proxy --link eth0", says: "Proxy ARP for one address" },
  ],
  async run({ options, operands, client, out, host }) {
    const link = required(options.link, "neighbour add", "--link");
    const { state, proxy, router, replace } = options;
    const { address, mac } = operands;
    if (proxy === (mac !== undefined)) {
      throw new UsageError("Cannot run weft neighbour add: want either MAC, or --proxy without one");
    }
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    addNeighbour(place, { link, address, proxy, router, replace, ...given({ mac, state }) });
    if (!options.json) return;
    const all = viewNeighbours(place, place.names, { all: true });
    out.json(all.find((each) => each.link === link && each.address === address && each.proxy === proxy));
  },
});
