import { parseRoutingTable, type RouteView, viewRoutes } from "../../../insight/state/mod.ts";
import { isDefaultRoute } from "../../../net/mod.ts";
import { defineCommand } from "../command.ts";
import { option } from "../option.ts";
import { chooseFamily, familyOptions } from "../values/family.ts";
import { choosePlace, enterPlace, placeDetails, placeOperand, placeOption } from "../values/place.ts";
import { formatNextHop } from "../views/kernel.ts";

const parseTable = (text: string): number | "all" => (text === "all" ? "all" : parseRoutingTable(text));

export const routeLs = defineCommand({
  name: "route ls",
  summary: "List the routes of a namespace, in all its tables",
  details: `The local table, which says only what the addresses say, is left out unless it is asked for. ${placeDetails}`,
  options: {
    in: placeOption,
    ...familyOptions,
    table: option.value("TABLE", "Only this one: main, local, default, a number, or all", parseTable, {
      complete: ["main", "local", "default", "all"],
    }),
  },
  operands: { place: placeOperand },
  daemon: "ask",
  examples: [
    { line: "weft route ls", says: "This namespace's" },
    { line: "weft route ls -6 --table all webapp", says: "IPv6 of a sandbox, with the local table" },
  ],
  async run({ options, operands, client, out, host }) {
    const family = chooseFamily(options);
    using place = await enterPlace({ client, host }, choosePlace(options.in, operands.place));
    const routes = viewRoutes(place, place.names, {
      ...(family !== undefined && { family }),
      ...(options.table !== undefined && { table: options.table }),
    });
    if (options.json) return out.json(routes);
    out.table(routes, {
      DESTINATION: formatDestination,
      "NEXT HOP": ({ nextHops }) => nextHops.map(formatNextHop).join("; ") || "-",
      SOURCE: ({ preferredSource }) => preferredSource ?? "-",
      METRIC: ({ priority }) => String(priority),
      PROTOCOL: ({ protocol }) => protocol,
      TABLE: ({ tableName }) => tableName,
    });
  },
});

/** As `ip route` writes it: `default`, and the type where it is not the usual one. */
export function formatDestination({ destination, type, family, source }: RouteView): string {
  const shown = isDefaultRoute(destination) ? (family === "ipv6" ? "default (IPv6)" : "default") : destination;
  const from = source === undefined ? "" : ` from ${source}`;
  return `${type === "unicast" ? "" : `${type} `}${shown}${from}`;
}
