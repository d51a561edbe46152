import { Refusal } from "../../contract/plain.ts";
import { readTopology, readTopologyName, type Topology, upTopology } from "../../topology/mod.ts";
import { type YamlFile, YamlFileError } from "../../yaml-file/mod.ts";
import { showTopologyChanges, type TopologyChangeOptions } from "./topology-changes.ts";
import { wantRoot } from "./values/topology-file.ts";

/** Loaded only by who has a topology file: the schemas take their time. */
export interface TopologyWish extends TopologyChangeOptions {
  readonly file: YamlFile;
}

/** `weft up` of a topology file. No daemon has a part in it. */
export async function bringUpTopology(wish: TopologyWish): Promise<void> {
  const topology = reading(() => readTopology(wish.file));
  wantRoot(wish.host, `bring up ${topology.name}`);
  const operations = await acting(upTopology(topology, wish));
  showTopologyChanges(wish, {
    name: topology.name,
    operations,
    idle: `${topology.name} is up as the file says: nothing changed`,
  });
}

/** What a file says, whether it is up or not. */
export function topologyOf(file: YamlFile): Topology {
  return reading(() => readTopology(file));
}

/** Of a file that may have changed since: only the name counts. */
export function topologyNameOf(file: YamlFile): string {
  return reading(() => readTopologyName(file));
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
