import type { Brand } from "../../lib/mod.ts";
import type { ProcessSpec } from "../../model/mod.ts";
import type { PlaceName, TopologyName } from "./names.ts";

/** What a process of a namespace is called, in the file and in its log's name. */
export type ProcessName = Brand<string, "ProcessName">;

/** A process and where it is: `red/server`. */
export interface ProcessPlace {
  readonly place: PlaceName;
  readonly process: ProcessName;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** @throws {SyntaxError} */
export function parseProcessName(text: string): ProcessName {
  if (NAME.test(text)) return text as ProcessName;
  const wanted = "want a letter or digit, then up to 63 letters, digits, dots, dashes and underscores";
  throw new SyntaxError(`Cannot parse process name ${JSON.stringify(text)}: ${wanted}`);
}

export function formatProcessPlace({ place, process }: ProcessPlace): string {
  return `${place}/${process}`;
}

/** Where a topology's processes are written down, with their logs: `/run/netns.weft/NAME`. */
export function processFolder(netnsDirectory: string, topology: TopologyName): string {
  return `${netnsDirectory}.weft/${topology}`;
}

/** One that runs with other words than these is another process. */
export function isSameProcess(a: ProcessSpec, b: ProcessSpec): boolean {
  return fingerprint(a) === fingerprint(b);
}

function fingerprint({ environment, healthcheck, ...rest }: ProcessSpec): string {
  const sorted = (fields: object): readonly unknown[] => Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([sorted(environment), sorted(healthcheck ?? {}), sorted(rest)]);
}
