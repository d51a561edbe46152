import { MAIN_TABLE } from "../../kernel/objects/mod.ts";
import {
  addressFamily,
  type IpAddress,
  type IpPrefix,
  type LinkName,
  makePrefix,
  parseIpPrefix,
  prefixAddress,
  prefixContains,
  prefixFamily,
  prefixLength,
} from "../../net/mod.ts";
import type { FieldPath, YamlDocument } from "../../yaml-file/mod.ts";
import { compareHops, HOST, type TopologyHop, type TopologyLink, type TopologyRoute } from "../state/mod.ts";
import type { PlaceFields } from "./links.ts";
import type { RouteInput } from "./schema.ts";

interface RoutesReading {
  readonly document: YamlDocument;
  readonly place: PlaceFields;
  readonly links: ReadonlyMap<LinkName, TopologyLink>;
  /** Which link reaches a next hop, found before: many routes have the same. */
  readonly reached: Map<IpAddress, LinkName>;
}

const DEFAULT_ROUTES = { ipv4: parseIpPrefix("0.0.0.0/0"), ipv6: parseIpPrefix("::/0") } as const;
/** What the kernel gives to IPv6 routes that ask for none. Source: `IP6_RT_PRIO_USER` in include/uapi/linux/ipv6_route.h. */
const IPV6_METRIC = 1024;

/** The routes of one place, each with its link. @throws {YamlFileError} also for a next hop that no link reaches. */
export function readRoutes({ document, place, links }: Omit<RoutesReading, "reached">): readonly TopologyRoute[] {
  const seen = new Map<string, number>();
  const reached = new Map<IpAddress, LinkName>();
  return (place.input.routes ?? []).map((input, index) => {
    const path = [...place.path, "routes", index];
    const route = readRoute({ document, place, links, reached, input, path });
    const key = `${route.destination} ${route.table} ${route.metric}`;
    const first = seen.get(key);
    if (first !== undefined) {
      throw document.refuse(path, `routes[${first}] has this destination, table and metric: want another metric`);
    }
    seen.set(key, index);
    return route;
  });
}

interface RouteReading extends RoutesReading {
  readonly input: RouteInput;
  readonly path: FieldPath;
}

function readRoute(reading: RouteReading): TopologyRoute {
  const { document, input, path } = reading;
  const { via, type = "unicast", source, mtu } = input;
  const destination = destinationOf(reading);
  const family = prefixFamily(destination);
  const ways = [
    { path, address: source, key: "source" },
    { path, address: via, key: "via" },
    ...(input.hops ?? []).map((hop, index) => ({ path: [...path, "hops", index], address: hop.via, key: "via" })),
  ];
  for (const { path: where, address, key } of ways) {
    if (address === undefined || addressFamily(address) === family) continue;
    throw document.refuse(
      [...where, key],
      `${address} is of another family than ${destination}: want one of ${family}`,
    );
  }
  if (type !== "unicast" && (via !== undefined || input.link !== undefined || input.hops !== undefined)) {
    throw document.refuse(path, `a route of type ${type} leads nowhere: want neither "via" nor "link" nor "hops"`);
  }
  const hops = input.hops === undefined ? undefined : hopsOf(reading, input.hops);
  const link = type === "unicast" && hops === undefined ? linkOf(reading) : undefined;
  checkSource(reading);
  return {
    destination,
    type,
    table: input.table ?? MAIN_TABLE,
    metric: input.metric || (family === "ipv6" ? IPV6_METRIC : 0),
    onlink: input.onlink ?? false,
    ...(hops !== undefined && { hops }),
    ...(link !== undefined && { link }),
    ...(via !== undefined && { via }),
    ...(source !== undefined && { source }),
    ...(mtu !== undefined && { mtu }),
  };
}

function destinationOf({ document, input, path }: RouteReading): IpPrefix {
  if (input.to !== "default") return input.to;
  const sample = input.via ?? input.hops?.find(({ via }) => via !== undefined)?.via ?? input.source;
  if (sample !== undefined) return DEFAULT_ROUTES[addressFamily(sample)];
  throw document.refuse([...path, "to"], '"default" without "via" is of no family: want 0.0.0.0/0 or ::/0');
}

/** Each with its link, and none twice. */
function hopsOf(reading: RouteReading, inputs: NonNullable<RouteInput["hops"]>): readonly TopologyHop[] {
  const { document, input, path } = reading;
  for (const key of ["via", "link", "onlink"] as const) {
    if (input[key] !== undefined) throw document.refuse([...path, key], '"hops" says it: want one of the two');
  }
  const seen = new Map<string, number>();
  const hops = inputs.map((hop, index) => {
    const own = [...path, "hops", index];
    const link = linkOf({ ...reading, input: hop, path: own });
    const first = seen.get(`${link} ${hop.via}`);
    if (first !== undefined) throw document.refuse(own, `hops[${first}] is the same: want another, or "weight"`);
    seen.set(`${link} ${hop.via}`, index);
    return {
      ...{ link, onlink: hop.onlink ?? false, weight: hop.weight ?? 1 },
      ...(hop.via !== undefined && { via: hop.via }),
    };
  });
  return hops.sort(compareHops);
}

interface WayReading extends RoutesReading {
  readonly input: Pick<RouteInput, "via" | "link" | "onlink">;
  readonly path: FieldPath;
}

function linkOf({ document, place, links, reached, input, path }: WayReading): LinkName {
  const { via, onlink = false } = input;
  if (input.link !== undefined) {
    const link = links.get(input.link);
    if (link === undefined && place.name !== HOST) {
      throw document.refuse([...path, "link"], `${place.name} has no link ${JSON.stringify(input.link)}`);
    }
    if (link?.up === false) throw document.refuse([...path, "link"], `${input.link} is down: want a link that is up`);
    if (link !== undefined && via !== undefined && !onlink && !isLinkLocal(via) && !reaches(link, via)) {
      throw document.refuse(
        [...path, "via"],
        `${via} is not on ${input.link}${addressesOf([[input.link, link]])}: want one of its neighbours, or "onlink"`,
      );
    }
    return input.link;
  }
  if (via === undefined) throw document.refuse(path, 'it leads nowhere: want "via" or "link"');
  const known = reached.get(via);
  if (known !== undefined) return known;
  const [found] = [...links].find(([, link]) => link.up && reaches(link, via)) ?? [];
  if (found !== undefined) {
    reached.set(via, found);
    return found;
  }
  const detail =
    place.name === HOST
      ? 'is on no link that this file has in the host: want "link"'
      : `is not on-link: no link of ${place.name} that is up reaches it${addressesOf([...links])}`;
  throw document.refuse([...path, "via"], `${via} ${detail}`);
}

function isLinkLocal(address: IpAddress): boolean {
  return address.startsWith("fe80:");
}

/** Whether the address is another one in the prefix of one of the link's. */
function reaches({ addresses }: TopologyLink, address: IpAddress): boolean {
  return addresses.some((own) => {
    const prefix = makePrefix(prefixAddress(own), prefixLength(own));
    return prefixAddress(own) !== address && prefixContains(prefix, address);
  });
}

function addressesOf(links: readonly (readonly [LinkName, TopologyLink])[]): string {
  const words = links.flatMap(([name, { addresses }]) => addresses.map((address) => `${address} on ${name}`));
  return words.length === 0 ? "" : ` (have ${words.slice(0, 4).join(", ")}${words.length > 4 ? ", …" : ""})`;
}

function checkSource({ document, place, links, input, path }: RouteReading): void {
  const { source } = input;
  if (source === undefined || place.name === HOST) return;
  const own = [...links.values()].flatMap(({ addresses }) => addresses.map(prefixAddress));
  if (own.includes(source)) return;
  throw document.refuse([...path, "source"], `${place.name} has no address ${source}: want one of its own`);
}
