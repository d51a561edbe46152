import { anyText, option } from "./option.ts";

/** What stands before or after any command. */
export const globalOptions = {
  socket: option.value(
    "PATH",
    "The daemon's socket (default: WEFT_SOCKET, or weft.sock in the run directory)",
    anyText,
    { complete: "file" },
  ),
  state: option.value("DIRECTORY", "Where a daemon keeps its state (default: WEFT_STATE, or /var/lib/weft)", anyText, {
    complete: "directory",
  }),
  run: option.value(
    "DIRECTORY",
    "Where a daemon keeps what need not outlast a reboot (default: WEFT_RUN, or /run/weft)",
    anyText,
    { complete: "directory" },
  ),
  noStart: option.flag("Do not start a daemon when none runs"),
};

/** What may stand before a command: also what every command has. */
export const leadingOptions = {
  ...globalOptions,
  json: { ...option.flag("Print JSON"), hidden: true },
};

/** What may stand before all words, and makes a command unnecessary. */
export const programOptions = {
  ...leadingOptions,
  version: option.flag("Print the version"),
};
