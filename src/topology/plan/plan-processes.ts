import type { ProcessRecord, ProcessSpec } from "../../model/mod.ts";
import {
  formatProcessPlace,
  isSameProcess,
  type PlaceName,
  type ProcessPlace,
  type TopologyState,
} from "../state/mod.ts";
import type { TopologyOperation } from "./operation.ts";

/** A process that a topology has, as its keeper has written it down. */
export interface ObservedProcess {
  readonly at: ProcessPlace;
  readonly spec: ProcessSpec;
  /** Absent before its first start. */
  readonly record?: ProcessRecord;
  /** Whether the process that the record names is there. */
  readonly isAlive: boolean;
}

export interface ObservedProcesses {
  readonly processes: readonly ObservedProcess[];
  readonly hasKeeper: boolean;
}

export interface ProcessChanges {
  /** Before anything else. */
  readonly leaving: readonly TopologyOperation[];
  /** When all else is there. */
  readonly coming: readonly TopologyOperation[];
}

/**
 * Which processes end and which start. One whose words are others is another process, and so is one whose namespace is made anew.
 *
 * @param namespaces Those that are there, and stay.
 */
export function planProcesses(
  desired: TopologyState,
  { processes, hasKeeper }: ObservedProcesses,
  namespaces: ReadonlySet<PlaceName>,
): ProcessChanges {
  const kept = new Set<string>();
  const leaving = processes.flatMap((observed): readonly TopologyOperation[] => {
    const { at, spec } = observed;
    const wanted = desired.get(at.place)?.processes.get(at.process);
    const isSame = wanted !== undefined && isSameProcess(wanted, spec) && namespaces.has(at.place);
    if (isSame && isAsWanted(observed)) kept.add(formatProcessPlace(at));
    // Of the same one that runs no more nothing is left to end.
    return isSame && (isAsWanted(observed) || !observed.isAlive) ? [] : [{ kind: "stop-process", at }];
  });
  const coming = [...desired].flatMap(([place, wanted]) =>
    [...wanted.processes].flatMap(([process, spec]): readonly TopologyOperation[] => {
      const at = { place, process };
      return kept.has(formatProcessPlace(at)) ? [] : [{ kind: "start-process", at, spec }];
    }),
  );
  const isAlone = coming.length === 0 && kept.size > 0 && !hasKeeper;
  return { leaving, coming: isAlone ? [{ kind: "start-keeper" }] : coming };
}

/** It runs, or will soon; or it has done what it was to do. */
function isAsWanted({ record, isAlive, spec }: ObservedProcess): boolean {
  if (record === undefined) return false;
  if (record.state === "exited") return record.exitCode === 0 && spec.restart !== "always";
  return isAlive && record.state === "running" && record.health !== "unhealthy";
}
