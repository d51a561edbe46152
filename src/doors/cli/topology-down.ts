import { Refusal } from "../../contract/plain.ts";
import { downTopology } from "../../topology/apply/mod.ts";
import { parseTopologyName, type TopologyName } from "../../topology/state/mod.ts";
import { showTopologyChanges, type TopologyChangeOptions } from "./topology-changes.ts";
import { wantRoot } from "./values/topology-file.ts";

/** `weft down` of a topology by its name. Loads nothing of what reads files. */
export async function takeDownTopology({
  name,
  ...wish
}: TopologyChangeOptions & { readonly name: string }): Promise<void> {
  const topology = nameOf(name);
  wantRoot(wish.host, `take down ${name}`);
  const { operations, holders } = await downTopology(topology, wish);
  showTopologyChanges(wish, { name, operations, idle: `${name} is not up: nothing to take down` });
  for (const [place, pids] of wish.dryRun ? [] : holders) {
    const who = `${pids.length === 1 ? "process" : "processes"} ${pids.join(", ")}`;
    wish.out.note(`weft: warning: ${place} has no name and no link any more, and lives on with ${who} in it`);
  }
}

function nameOf(text: string): TopologyName {
  try {
    return parseTopologyName(text);
  } catch (error) {
    throw new Refusal("invalid", error instanceof Error ? error.message : String(error), { cause: error });
  }
}
