import {
  type FieldPath,
  parseBySchema,
  parseYamlDocument,
  type YamlDocument,
  type YamlFile,
  type YamlFileError,
} from "../../yaml-file/mod.ts";
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
import { readFirewall } from "./firewall.ts";
import { type PlaceFields, readLinks } from "./links.ts";
import { takePlainRoutes } from "./plain-routes.ts";
import { readProcesses } from "./processes.ts";
import { readRoutes } from "./routes.ts";
import { readRules } from "./rules.ts";
import { type TopologyInput, topologySchema } from "./schema.ts";
import { readSysctls } from "./sysctls.ts";

/** A checked topology: what the file wants, by place. */
export interface Topology {
  readonly name: TopologyName;
  /** Always with the host, also when the topology has nothing there. */
  readonly state: TopologyState;
  /** For what only a look at the kernel shows: the refusal of a field of the file. */
  readonly refuse: (path: FieldPath, detail: string, options?: ErrorOptions) => YamlFileError;
}

/**
 * Reads a topology file: whatever can be known without a look at the kernel is checked.
 *
 * @throws {YamlFileError} one sentence with file, line, column and field.
 */
export function readTopology(file: YamlFile): Topology {
  const document = parseYamlDocument(file);
  const { value, routes } = takePlainRoutes(document.value);
  const input = parseBySchema({ ...document, value }, topologySchema);
  const fields = placeFields(input).map((place) => withRoutes(place, routes.get(place.name)));
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
 * @throws {YamlFileError} when the line with the name is no plain one.
 */
export function readTopologyName({ path, text }: YamlFile): TopologyName {
  const before = text.slice(0, Math.max(text.search(/^topology[ \t]*:/m), 0));
  const [line = ""] = text.slice(before.length).split("\n", 1);
  // As many lines before it as in the file: a refusal then says where it stands.
  const document = parseYamlDocument({ path, text: `${before.replace(/[^\n]/g, "")}${line}\n` });
  return parseBySchema(document, topologySchema).topology;
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

function withRoutes(place: PlaceFields, routes: PlaceFields["input"]["routes"]): PlaceFields {
  return routes === undefined || place.name === HOST ? place : { ...place, input: { ...place.input, routes } };
}

interface PlaceReading {
  readonly document: YamlDocument;
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
    processes: readProcesses(document, place),
    ...(firewall !== undefined && { firewall }),
  };
}
