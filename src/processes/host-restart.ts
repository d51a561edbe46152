import { readFileSync, writeFileSync } from "node:fs";
import { readBootId } from "./process-identity.ts";

/** Whether the host was started anew since a daemon last remembered it: every program of before is gone then. */
export function isHostRestarted(runDirectory: string): boolean {
  try {
    return readFileSync(bootFile(runDirectory), "utf8") !== readBootId();
  } catch {
    return true; // the run directory does not outlast the host
  }
}

export function rememberBoot(runDirectory: string): void {
  writeFileSync(bootFile(runDirectory), readBootId());
}

function bootFile(runDirectory: string): string {
  return `${runDirectory}/boot-id`;
}
