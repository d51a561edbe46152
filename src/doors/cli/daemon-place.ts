import { resolve } from "node:path";

/** Where a daemon listens, and where it keeps what it knows. */
export interface DaemonPlace {
  readonly socket: string;
  /** What must outlast a reboot. */
  readonly state: string;
  /** What must not. */
  readonly run: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the caller has around it. */
export interface Surroundings {
  readonly environment: Environment;
  /** Where relative paths start: a daemon that a command starts has another. */
  readonly directory: string;
}

/** A flag wins over the environment, and that over the standard place. An empty variable is none. */
export function daemonPlace(
  flags: Readonly<Record<keyof DaemonPlace, string | undefined>>,
  { environment, directory }: Surroundings,
): DaemonPlace {
  const choose = (flag: string | undefined, variable: string, standard: string): string => {
    const named = environment[variable];
    return resolve(directory, flag ?? (named === undefined || named === "" ? standard : named));
  };
  const run = choose(flags.run, "WEFT_RUN", "/run/weft");
  return {
    socket: choose(flags.socket, "WEFT_SOCKET", `${run}/weft.sock`),
    state: choose(flags.state, "WEFT_STATE", "/var/lib/weft"),
    run,
  };
}
