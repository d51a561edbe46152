import { viewBridges } from "../../../insight/state/mod.ts";
import { changeBridgePort } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { anyText, option, wholeNumber } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { changeDetails, forceOption } from "../values/changes.ts";
import { given } from "../values/given.ts";
import { choosePlace, enterPlace, placeOption } from "../values/place.ts";

export const bridgeSet = defineCommand({
  name: "bridge set",
  summary: "Change how a link behaves as port of its bridge",
  details: `--no-learning and the like switch off. A link becomes a port by weft link set --master. ${changeDetails}`,
  options: {
    in: placeOption,
    isolated: option.choice("Exchange no frames with other isolated ports"),
    hairpin: option.choice("Frames may leave where they came in"),
    learning: option.choice("Learn which addresses are behind it"),
    flood: option.choice("Frames for unknown addresses leave here, too", { also: ["--unicast-flood"] }),
    multicastFlood: option.choice("The same for multicast", { also: ["--mcast-flood"] }),
    broadcastFlood: option.choice("The same for broadcast", { also: ["--bcast-flood"] }),
    multicastToUnicast: option.choice("Multicast goes to each who wants it, alone", { also: ["--mcast-to-unicast"] }),
    fastLeave: option.choice("Who leaves a multicast group is gone at once"),
    neighbourSuppress: option.choice("Answer ARP and neighbour discovery in place of those behind it", {
      also: ["--neigh-suppress"],
    }),
    proxyArp: option.choice("Answer ARP for those behind other ports"),
    guard: option.choice("Switch the port off when spanning tree is spoken behind it", { also: ["--bpdu-guard"] }),
    rootBlock: option.choice("The root of the spanning tree cannot be behind it"),
    locked: option.choice("Only senders that the forwarding database knows get in"),
    state: option.oneOf(["listening", "learning", "forwarding"], "Only while there is no spanning tree"),
    cost: option.value("NUMBER", "In spanning tree", wholeNumber(1, 65535)),
    priority: option.value("NUMBER", "In spanning tree", wholeNumber(0, 63)),
    force: forceOption,
  },
  operands: { port: operand.one("PORT", anyText, "link") },
  daemon: "ask",
  examples: [
    {
      line: "weft bridge set veth1 --isolated",
      says: "It talks to the bridge alone, and to ports that are not isolated",
    },
    { line: "weft bridge set veth1 --no-learning --no-flood --in blue", says: "In another namespace" },
  ],
  async run({ options, operands, client, out, host }) {
    const { isolated, hairpin, learning, multicastFlood, broadcastFlood, multicastToUnicast, fastLeave } = options;
    const { neighbourSuppress, proxyArp, rootBlock, locked, state, cost, priority } = options;
    const changes = given({
      ...{ isolated, hairpin, learning, multicastFlood, broadcastFlood, multicastToUnicast, fastLeave },
      ...{ neighbourSuppress, proxyArp, rootBlock, locked, state, cost, priority },
      ...{ unicastFlood: options.flood, bpduGuard: options.guard },
    });
    if (Object.keys(changes).length === 0) {
      throw new UsageError("Cannot run weft bridge set: nothing is to be changed, want --isolated or another option");
    }
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    changeBridgePort(place, operands.port, changes, { force: options.force });
    if (!options.json) return;
    const ports = viewBridges(place, place.names).flatMap((bridge) => bridge.ports);
    out.json(ports.find(({ name }) => name === operands.port));
  },
});
