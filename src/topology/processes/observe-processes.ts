import { isRunning } from "../../processes/mod.ts";
import type { ObservedProcesses } from "../plan/mod.ts";
import type { KeeperFolder } from "./keeper-folder.ts";

/** The processes that a topology has, and whether somebody looks after them. Changes nothing. */
export function observeProcesses(folder: KeeperFolder): ObservedProcesses {
  const state = folder.read();
  if (state === undefined) return { processes: [], hasKeeper: false };
  return {
    hasKeeper: isRunning(state.keeper),
    processes: state.processes.map((process) => ({
      ...process,
      isAlive: process.record?.identity !== undefined && isRunning(process.record.identity),
    })),
  };
}
