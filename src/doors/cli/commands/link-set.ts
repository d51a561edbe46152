import { nameFarEnds, viewLinks } from "../../../insight/state/mod.ts";
import { parseLinkName } from "../../../net/mod.ts";
import { changeLink, parseAlias } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { anyText, option, wholeNumber } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { changeDetails, forceOption, parseUnicastMac } from "../values/changes.ts";
import { given } from "../values/given.ts";
import { choosePlace, enterPlace, placeOption } from "../values/place.ts";

export const linkSet = defineCommand({
  name: "link set",
  summary: "Change a link: up or down, MTU, address, name, bridge",
  details: `All that is asked for is done, or nothing. Links that networks and topologies of Weft's consist of stay as they are, unless --force says otherwise. ${changeDetails}`,
  options: {
    in: placeOption,
    up: option.flag("Switch it on"),
    down: option.flag("Switch it off"),
    mtu: option.value("BYTES", "Its largest packet; a bridge then no longer follows its ports", wholeNumber(68, 65535)),
    mac: option.value("MAC", "Its address", parseUnicastMac, { also: ["--address"] }),
    name: option.value("NAME", "A new name; it may be up", parseLinkName),
    master: option.value("LINK", "Make it a port of this bridge or VRF", anyText, { complete: "link" }),
    noMaster: option.flag("Take it out of its bridge", { also: ["--nomaster"] }),
    alias: option.value("TEXT", "A note on it; the empty text takes it away", parseAlias),
    group: option.value("NUMBER", "Links of one group can be told by it", wholeNumber(0, 0x7fffffff)),
    promiscuous: option.choice("Take frames that are for others, too", { also: ["--promisc"] }),
    force: forceOption,
    netns: option.refused(
      "moving a link takes the kernel 20 ms and loses its addresses and routes: make it where it belongs, by weft link add --in and --peer-in",
      { takesValue: true },
    ),
  },
  operands: { link: operand.one("LINK", anyText, "link") },
  daemon: "ask",
  examples: [
    { line: "weft link set veth0 --up --mtu 1400 --in red", says: "In another namespace" },
    { line: "weft link set p0 --master br0 --up", says: "A port of a bridge" },
    { line: "weft link set p0 --no-master --name spare", says: "Out of it, and called otherwise" },
  ],
  async run({ options, operands, client, out, host }) {
    const { mtu, mac, name, master, noMaster, alias, group, promiscuous } = options;
    if (options.up && options.down) throw new UsageError("Cannot use --up and --down together: want one of them");
    if (master !== undefined && noMaster) {
      throw new UsageError("Cannot use --master and --no-master together: want one of them");
    }
    const up = options.up ? true : options.down ? false : undefined;
    const changes = given({
      ...{ up, mtu, mac, name, alias, group, promiscuous },
      master: noMaster ? ({ none: true } as const) : master,
    });
    if (Object.keys(changes).length === 0) {
      throw new UsageError("Cannot run weft link set: nothing is to be changed, want --up, --mtu or another option");
    }
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    const called = changeLink(place, operands.link, changes, { force: options.force });
    const view = () => viewLinks(place).filter((link) => link.name === called);
    if (options.json) out.json(nameFarEnds(view(), place, place.names)[0]);
  },
});
