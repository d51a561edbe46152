import { Refusal } from "../../contract/plain.ts";
import {
  downTopology,
  formatOperation,
  parseTopologyName,
  readTopology,
  readTopologyName,
  type Topology,
  type TopologyOperation,
  upTopology,
} from "../../topology/mod.ts";
import { type YamlFile, YamlFileError } from "../../yaml-file/mod.ts";
import type { World } from "./command.ts";
import { wantRoot } from "./values/topology-file.ts";

/** Loaded only by who has a topology file: the schemas take their time. */
export interface TopologyWish extends Pick<World, "out" | "host"> {
  readonly file: YamlFile;
  readonly directory: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** `weft up` of a topology file. No daemon has a part in it. */
export async function bringUpTopology(wish: TopologyWish): Promise<void> {
  const topology = reading(() => readTopology(wish.file));
  wantRoot(wish.host, `bring up ${topology.name}`);
  const operations = await acting(upTopology(topology, wish));
  show(wish, { name: topology.name, operations, idle: `${topology.name} is up as the file says: nothing changed` });
}

/** `weft down` of a topology, by its file or its name alone. */
export async function takeDownTopology({
  name,
  ...wish
}: Omit<TopologyWish, "file"> & { readonly name: string }): Promise<void> {
  const topology = reading(() => parseTopologyName(name));
  wantRoot(wish.host, `take down ${name}`);
  const { operations, holders } = await acting(downTopology(topology, wish));
  show(wish, { name, operations, idle: `${name} is not up: nothing to take down` });
  for (const [place, pids] of wish.dryRun ? [] : holders) {
    const who = `${pids.length === 1 ? "process" : "processes"} ${pids.join(", ")}`;
    wish.out.note(`weft: warning: ${place} has no name and no link any more, and lives on with ${who} in it`);
  }
}

/** What a file says, whether it is up or not. */
export function topologyOf(file: YamlFile): Topology {
  return reading(() => readTopology(file));
}

/** Of a file that may have changed since: only the name counts. */
export function topologyNameOf(file: YamlFile): string {
  return reading(() => readTopologyName(file));
}

interface Outcome {
  readonly name: string;
  readonly operations: readonly TopologyOperation[];
  /** What to say when there are none. */
  readonly idle: string;
}

function show({ out, json, dryRun }: Omit<TopologyWish, "file">, { name, operations, idle }: Outcome): void {
  const lines = operations.map(formatOperation);
  if (json) out.json({ topology: name, changes: lines });
  else if (lines.length === 0) out.note(idle);
  else if (dryRun) out.lines(lines);
}

function reading<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw asRefusal(error);
  }
}

async function acting<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw asRefusal(error);
  }
}

/** What is wrong with the file is the caller's mistake. */
function asRefusal(error: unknown): unknown {
  const isFile = error instanceof YamlFileError || error instanceof SyntaxError;
  return isFile ? new Refusal("invalid", error.message, { cause: error }) : error;
}
