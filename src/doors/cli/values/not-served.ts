import { option } from "../option.ts";

const ownFiles = "programs see this machine's own files, want it without";
const noLimits = "Weft isolates the network and nothing else, want it without (systemd-run sets limits)";
const noTerminal = "a program of weft run has no terminal, want weft exec, which runs on yours";
const value = { takesValue: true } as const;

/** What `docker run` has and a sandbox has not, each with the reason. */
export const notServed = {
  interactive: { ...option.refused(noTerminal), short: "i" },
  tty: { ...option.refused(noTerminal), short: "t" },
  volume: { ...option.refused(ownFiles, value), short: "v" },
  mount: option.refused(ownFiles, value),
  tmpfs: option.refused(ownFiles, value),
  readOnly: option.refused(ownFiles),
  entrypoint: option.refused("there is no image that has one, want the program after --", value),
  memory: { ...option.refused(noLimits, value), short: "m" },
  cpus: option.refused(noLimits, value),
  privileged: option.refused(noLimits),
  capAdd: option.refused(noLimits, value),
  capDrop: option.refused(noLimits, value),
  securityOpt: option.refused(noLimits, value),
};
