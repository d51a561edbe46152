/** Where a daemon listens, and where it keeps what it knows. */
export interface DaemonPlace {
  readonly socket: string;
  /** What must outlast a reboot. */
  readonly state: string;
  /** What must not. */
  readonly run: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A flag wins over the environment, and that over the standard place. An empty variable is none. */
export function daemonPlace(
  flags: Partial<Record<keyof DaemonPlace, string | undefined>>,
  environment: Environment,
): DaemonPlace {
  const choose = (flag: string | undefined, variable: string, standard: string): string => {
    const named = environment[variable];
    return flag ?? (named === undefined || named === "" ? standard : named);
  };
  const run = choose(flags.run, "WEFT_RUN", "/run/weft");
  return {
    socket: choose(flags.socket, "WEFT_SOCKET", `${run}/weft.sock`),
    state: choose(flags.state, "WEFT_STATE", "/var/lib/weft"),
    run,
  };
}
