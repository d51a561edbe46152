import { parseRoutingTable, type RouteView, viewRoutes } from "../../../insight/state/mod.ts";
import { addressFamily, parseIpAddress } from "../../../net/mod.ts";
import { addRoute, type NextHopSpec } from "../../../workbench/mod.ts";
import { defineCommand } from "../command.ts";
import { operand } from "../operand.ts";
import { anyText, option, wholeNumber } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { changeDetails } from "../values/changes.ts";
import { chooseFamily, familyOptions } from "../values/family.ts";
import { given } from "../values/given.ts";
import { choosePlace, enterPlace, placeOption } from "../values/place.ts";
import { destinationPrefix, parseDestination, parseNextHop, routeTypes, usualTable } from "../values/routes.ts";

export const routeAdd = defineCommand({
  name: "route add",
  summary: "Add a route to a namespace",
  details: `DESTINATION is a prefix, an address, or default. Several --next-hop share the traffic. A next hop has to be on a link, or --onlink says that it is. ${changeDetails}`,
  options: {
    in: placeOption,
    via: option.value("ADDRESS", "The next hop; it may be of the other family", parseIpAddress),
    link: option.value("LINK", "The link that packets leave by (default: the one that the next hop is on)", anyText, {
      also: ["--dev"],
      complete: "link",
    }),
    onlink: option.flag("The next hop is on the link, whatever its addresses say"),
    nextHop: option.list("ADDRESS[,link=LINK][,weight=N]", "One of several, with its share", parseNextHop, {
      also: ["--nexthop"],
    }),
    type: option.oneOf(routeTypes, "What becomes of packets (default: unicast)"),
    metric: option.value("NUMBER", "Of two to one destination, the lower one is used", wholeNumber(0, 0xffffffff)),
    table: option.value("TABLE", "A routing table (default: main)", parseRoutingTable, {
      complete: ["main", "local", "default"],
    }),
    source: option.value("ADDRESS", "The address that packets from here get", parseIpAddress, { also: ["--src"] }),
    mtu: option.value("BYTES", "Of packets on this way", wholeNumber(68, 65535)),
    replace: option.flag("In the place of the one of this destination, table and metric"),
    ...familyOptions,
  },
  operands: { destination: operand.one("DESTINATION", parseDestination) },
  daemon: "ask",
  examples: [
    { line: "weft route add default --via 10.0.0.1", says: "The way out" },
    { line: "weft route add 10.0.2.0/24 --via 10.0.1.2 --in red", says: "By a router, from another namespace" },
    {
      line: "weft route add default --next-hop 10.0.1.1,weight=2 --next-hop 10.0.2.1 --table 100",
      says: "Two ways, one with twice the share, in a table for policy routing",
    },
    { line: "weft route add 192.0.2.0/24 --type blackhole", says: "Packets are dropped without a word" },
  ],
  async run({ options, operands, client, out, host }) {
    const nextHops = readNextHops(options);
    const family = nextHops.map(({ gateway }) => gateway && addressFamily(gateway)).find((each) => each !== undefined);
    const said = chooseFamily(options) ?? (operands.destination === "default" ? family : undefined);
    const destination = destinationPrefix(operands.destination, said);
    const { type = "unicast", metric, source, mtu, replace } = options;
    const table = options.table ?? usualTable(type);
    using place = await enterPlace({ client, host }, choosePlace(options.in));
    addRoute(place, { destination, type, table, nextHops, replace, ...given({ metric, source, mtu }) });
    if (!options.json) return;
    const isAdded = (route: RouteView): boolean =>
      route.destination === destination && route.type === type && (metric === undefined || route.priority === metric);
    out.json(viewRoutes(place, place.names, { table }).findLast(isAdded));
  },
});

interface NextHopOptions {
  readonly via: NextHopSpec["gateway"];
  readonly link: string | undefined;
  readonly onlink: boolean;
  readonly nextHop: readonly NextHopSpec[];
  readonly type: (typeof routeTypes)[number] | undefined;
}

/** @throws {UsageError} */
function readNextHops({ via, link, onlink, nextHop, type = "unicast" }: NextHopOptions): readonly NextHopSpec[] {
  const single = via !== undefined || link !== undefined;
  if (single && nextHop.length > 0) {
    throw new UsageError("Cannot use --next-hop with --via or --link: want one way of saying it");
  }
  const drops = type !== "unicast" && type !== "local";
  if (drops && (single || nextHop.length > 0)) {
    throw new UsageError(`Cannot use --type ${type} with a next hop: packets go nowhere, want it without`);
  }
  if (!drops && !single && nextHop.length === 0) {
    throw new UsageError("Cannot run weft route add: packets have no way to go, want --via, --link or --next-hop");
  }
  if (onlink && (via === undefined || link === undefined)) {
    throw new UsageError("Cannot use --onlink: it is about a next hop and its link, want --via and --link");
  }
  return single ? [{ ...given({ gateway: via, link }), ...(onlink && { onlink }) }] : nextHop;
}
