import { LOOPBACK_INDEX } from "../../kernel/objects/mod.ts";
import { KernelError } from "../../netlink/connection/mod.ts";
import { createNetns, SystemCallError } from "../../sys/mod.ts";
import type { Topology } from "../read/mod.ts";
import {
  carrierOf,
  EMPTY_PLACE,
  HOST,
  type LinkPlace,
  type PlaceName,
  type PlaceState,
  type TopologyLink,
} from "../state/mod.ts";
import { type Observation, readSysctls } from "./observe.ts";
import { OpenPlace, type Places } from "./places.ts";

interface PlacedLink {
  readonly at: LinkPlace;
  readonly path: readonly (string | number)[];
  readonly link: TopologyLink;
}

/**
 * What only a look at the kernel shows, before anything is changed: names that are taken, links of the host that are not there, and
 * features that the kernel lacks.
 *
 * @throws {YamlFileError} with file, line and field.
 */
export function checkKernel(places: Places, topology: Topology, { taken, foreign }: Observation): void {
  for (const place of topology.state.keys()) {
    if (!taken.has(place)) continue;
    const owner = taken.get(place);
    const whose = owner === undefined ? "is not Weft's" : `belongs to topology ${owner}`;
    throw topology.refuse(pathOf(place), `a namespace of this name ${whose}: want another name`);
  }
  const links = placedLinks(topology);
  for (const { at, path, link } of links) {
    if (foreign.get(at.place)?.has(at.link) === true) {
      throw topology.refuse(path, `${at.place} has a link of this name that is not this topology's: want another name`);
    }
    const lower = hostLower({ at, path, link });
    const isThere =
      lower === undefined ||
      foreign.get(HOST)?.has(lower.link) === true ||
      topology.state.get(HOST)?.links.has(lower.link);
    if (!isThere) throw topology.refuse([...path, "lower"], `the host has no link ${JSON.stringify(lower?.link)}`);
  }
  for (const [index, { link, hops = [] }] of topology.state.get(HOST)?.routes.entries() ?? []) {
    const wanted = [...(link === undefined ? [] : [link]), ...hops.map((hop) => hop.link)];
    const missing = wanted.find(
      (each) => foreign.get(HOST)?.has(each) !== true && topology.state.get(HOST)?.links.has(each) !== true,
    );
    if (missing === undefined) continue;
    throw topology.refuse(["host", "routes", index, "link"], `the host has no link ${JSON.stringify(missing)}`);
  }
  checkKinds(places, topology, links);
}

/** The link of the host that carries another, when the file does not tell of it. */
function hostLower({ at, link: { kind } }: PlacedLink): LinkPlace | undefined {
  const carrier = carrierOf(kind, at.place);
  return carrier?.place === HOST ? carrier : undefined;
}

function checkKinds(places: Places, topology: Topology, links: readonly PlacedLink[]): void {
  const supported = new Map<string, boolean>();
  for (const { path, link } of links) {
    const { kind } = link.kind;
    if (kind === "loopback") continue;
    let isThere = supported.get(kind);
    if (isThere === undefined) {
      isThere = places.get(HOST).route.links.supports(kind);
      supported.set(kind, isThere);
    }
    if (!isThere) throw topology.refuse([...path, "kind"], `this kernel lacks links of kind ${kind}`);
  }
}

function placedLinks({ state }: Topology): readonly PlacedLink[] {
  return [...state].flatMap(([place, { links }]) =>
    Array.from(links, ([name, link]) => ({ at: { place, link: name }, path: [...pathOf(place), "links", name], link })),
  );
}

function pathOf(place: PlaceName): readonly string[] {
  return place === HOST ? ["host"] : ["namespaces", place];
}

/**
 * What a namespace has when it is made, as one that is made and left again shows; features are tried out in it, too.
 *
 * @throws {YamlFileError} for a sysctl or a queueing discipline that the kernel lacks.
 */
export function tryFreshPlace(topology: Topology, observed: Observation): PlaceState {
  const links = placedLinks(topology);
  const limited = links.find(({ link }) => link.limit !== undefined);
  const missing = [...topology.state.keys()].some((place) => !observed.state.has(place));
  if (!missing && limited === undefined) return EMPTY_PLACE;
  using fresh = new OpenPlace(createNetns());
  const wanted = [...topology.state].flatMap(([place, { sysctls }]) =>
    [...sysctls.keys()].map((key) => ({ place, key })),
  );
  const sysctls = readSysctls(fresh, new Set(wanted.map(({ key }) => key)));
  // A link's own are there when the link is.
  const lacking = wanted.find(({ key }) => !sysctls.has(key) && !/^net\/[^/]+\/(conf|neigh)\//.test(key));
  if (lacking !== undefined) {
    const name = lacking.key.replaceAll("/", ".");
    throw topology.refuse([...pathOf(lacking.place), "sysctls", name], `this kernel has no sysctl ${name}`);
  }
  if (limited?.link.limit !== undefined) {
    try {
      fresh.route.qdiscs.setTokenBucket(LOOPBACK_INDEX, limited.link.limit);
    } catch (error) {
      if (!(error instanceof KernelError || error instanceof SystemCallError)) throw error;
      const lacks = error.errno === "ENOENT" || error.errno === "EOPNOTSUPP";
      const why = lacks ? "this kernel lacks token buckets (qdisc tbf)" : error.message.replace(/^Cannot/, "cannot");
      throw topology.refuse([...limited.path, "limit"], why, { cause: error });
    }
  }
  return { ...EMPTY_PLACE, sysctls };
}
