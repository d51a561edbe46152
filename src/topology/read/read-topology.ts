import {
  EMPTY_PLACE,
  HOST,
  type PlaceName,
  type PlaceState,
  type TopologyName,
  type TopologyState,
} from "../state/mod.ts";
import { checkAddresses } from "./check-addresses.ts";
import { checkLoops } from "./check-loops.ts";
import { parseTopologyDocument, type TopologyDocument, type TopologyFile } from "./document.ts";
import { readFirewall } from "./firewall.ts";
import { type PlaceFields, readLinks } from "./links.ts";
import { parseInput } from "./parse-input.ts";
import { readRoutes } from "./routes.ts";
import { readRules } from "./rules.ts";
import type { TopologyInput } from "./schema.ts";
import { readSysctls } from "./sysctls.ts";
import type { FieldPath, TopologyError } from "./topology-error.ts";

/** A checked topology: what the file wants, by place. */
export interface Topology {
  readonly name: TopologyName;
  /** Always with the host, also when the topology has nothing there. */
  readonly state: TopologyState;
  /** For what only a look at the kernel shows: the refusal of a field of the file. */
  readonly refuse: (path: FieldPath, detail: string, options?: ErrorOptions) => TopologyError;
}

/**
 * Reads a topology file: whatever can be known without a look at the kernel is checked.
 *
 * @throws {TopologyError} one sentence with file, line, column and field.
 */
export function readTopology(file: TopologyFile): Topology {
  const document = parseTopologyDocument(file);
  const input = parseInput(document);
  const fields = placeFields(input);
  const links = readLinks(document, fields);
  checkLoops(document, links, fields);
  checkAddresses(document, links, fields);
  const places = fields.map((place): readonly [PlaceName, PlaceState] => {
    const own = links.get(place.name) ?? EMPTY_PLACE.links;
    return [place.name, readPlace({ document, topology: input.topology, place, links: own })];
  });
  return { name: input.topology, state: new Map(places), refuse: document.refuse };
}

/**
 * Only the name: of a file whose rest may be wrong by now, or long.
 *
 * @throws {TopologyError} when the line with the name is no plain one.
 */
export function readTopologyName({ path, text }: TopologyFile): TopologyName {
  const before = text.slice(0, Math.max(text.search(/^topology[ \t]*:/m), 0));
  const [line = ""] = text.slice(before.length).split("\n", 1);
  // As many lines before it as in the file: a refusal then says where it stands.
  const document = parseTopologyDocument({ path, text: `${before.replace(/[^\n]/g, "")}${line}\n` });
  return parseInput(document).topology;
}

/** The host comes first. */
function placeFields({ host, namespaces = {} }: TopologyInput): readonly PlaceFields[] {
  return [
    { name: HOST, path: ["host"], input: host ?? {} },
    ...Object.entries(namespaces).map(([name, input]) => ({
      name: name as PlaceName, // the schema has parsed it
      path: ["namespaces", name],
      input: input ?? {},
    })),
  ];
}

interface PlaceReading {
  readonly document: TopologyDocument;
  readonly topology: TopologyName;
  readonly place: PlaceFields;
  readonly links: PlaceState["links"];
}

function readPlace({ document, topology, place, links }: PlaceReading): PlaceState {
  const firewall = readFirewall({ document, topology, place });
  return {
    links,
    routes: readRoutes({ document, place, links }),
    rules: readRules(document, place),
    sysctls: readSysctls(document, place),
    ...(firewall !== undefined && { firewall }),
  };
}
