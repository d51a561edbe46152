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
