import type { RefusalKind } from "../../contract/mod.ts";

/** What the program ends with. */
export const ExitCode = {
  done: 0,
  refused: 1,
  usage: 2,
  unavailable: 3,
  notFound: 4,
  taken: 5,
  /** As Docker's: `run` and `exec` could not get as far as the program. */
  notRun: 125,
  notExecutable: 126,
  programNotFound: 127,
  /** 128 and SIGINT: the person had enough, and it was taken back. */
  interrupted: 130,
  /** 128 and SIGPIPE, as if the signal had ended us. */
  closedOutput: 141,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export const refusalExitCodes: Readonly<Record<RefusalKind, ExitCode>> = {
  invalid: ExitCode.usage,
  "not-found": ExitCode.notFound,
  conflict: ExitCode.taken,
  "in-use": ExitCode.taken,
  unavailable: ExitCode.unavailable,
  exhausted: ExitCode.refused,
  forbidden: ExitCode.refused,
  unsupported: ExitCode.refused,
  storage: ExitCode.refused,
  kernel: ExitCode.refused,
  internal: ExitCode.refused,
};

/** For the help: the codes and their meaning. */
export const exitCodeWords: readonly (readonly [code: string, meaning: string])[] = [
  ["0", "done"],
  [
    "1",
    "refused: forbidden, exhausted, unsupported, or the kernel or the disk would not; or a service of weft up failed",
  ],
  ["2", "the command line or a value in it makes no sense"],
  ["3", "no daemon: none runs and none could be started, or it went away, or its socket is not ours to open"],
  ["4", "no network, sandbox, namespace or link of that name or id"],
  ["5", "the name, address or port is taken, or somebody still uses it"],
  ["130", "weft up was interrupted, and has taken back what it did"],
];

export const programExitCodeWords: readonly (readonly [code: string, meaning: string])[] = [
  ["125", "Weft refused; the sentence says why"],
  ["126", "the program is there and could not be run"],
  ["127", "there is no such program"],
  ["any other", "the program's own; 128 and the signal's number when a signal ended it"],
];
