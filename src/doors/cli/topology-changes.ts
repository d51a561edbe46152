import { formatOperation, type TopologyOperation } from "../../topology/plan/mod.ts";
import type { World } from "./command.ts";

/** What a command that changes a topology is told. */
export interface TopologyChangeOptions extends Pick<World, "out" | "host"> {
  readonly directory: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export interface TopologyOutcome {
  readonly name: string;
  readonly operations: readonly TopologyOperation[];
  /** What to say when there are none. */
  readonly idle: string;
}

export function showTopologyChanges(
  { out, json, dryRun }: TopologyChangeOptions,
  { name, operations, idle }: TopologyOutcome,
): void {
  if (json) out.json({ topology: name, changes: operations.map(formatOperation) });
  else if (operations.length === 0) out.note(idle);
  else if (dryRun) out.lines(operations.map(formatOperation));
}
