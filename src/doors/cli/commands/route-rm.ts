import { parseRoutingTable } from "../../../insight/state/mod.ts";
import { parseIpAddress } from "../../../net/mod.ts";
import { removeRoute } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { anyText, option, wholeNumber } from "../option.ts";
import { changeDetails } from "../values/changes.ts";
import { chooseFamily, familyOptions } from "../values/family.ts";
import { given } from "../values/given.ts";
import { choosePlace, enterPlace, placeOption } from "../values/place.ts";
import { DEFAULT_ROUTES, destinationPrefix, parseDestination, routeTypes, usualTable } from "../values/routes.ts";

export const routeRm = defineCommand({
  name: "route rm",
  summary: "Remove a route of a namespace",
  details: `Where several routes lead to the destination, options say which one; nothing is removed as long as two may be meant. ${changeDetails}`,
  options: {
    in: placeOption,
    via: option.value("ADDRESS", "The one by this next hop", parseIpAddress),
    link: option.value("LINK", "The one by this link", anyText, { also: ["--dev"], complete: "link" }),
    type: option.oneOf(routeTypes, "The one of this type"),
    metric: option.value("NUMBER", "The one of this metric", wholeNumber(0, 0xffffffff)),
    table: option.value("TABLE", "Of this routing table (default: main)", parseRoutingTable, {
      complete: ["main", "local", "default"],
    }),
    ...familyOptions,
  },
  operands: { destination: operand.one("DESTINATION", parseDestination) },
  daemon: "ask",
  examples: [
    { line: "weft route rm 10.0.2.0/24 --in red", says: "Of another namespace" },
    { line: "weft route rm default -4 --table 100", says: "Of a table for policy routing" },
  ],
  async run({ options, operands, client, out, host }) {
    const { via, link, type, metric } = options;
    const table = options.table ?? usualTable(type);
    const family = chooseFamily(options);
    const destinations =
      operands.destination === "default" && family === undefined
        ? Object.values(DEFAULT_ROUTES)
        : [destinationPrefix(operands.destination, family)];
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    const removed = removeRoute(place, { destinations, table, ...given({ via, link, type, metric }) });
    if (options.json) out.json({ removed: [removed] });
  },
});
