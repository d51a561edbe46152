export type { DaemonPlace } from "./daemon-place.ts";
export {
  type CliHost,
  ClosedOutput,
  type DaemonSettings,
  type DockerPluginPlace,
  type RunningDaemon,
  type Sink,
  type StartedDaemon,
} from "./host.ts";
export { runCommandLine } from "./main.ts";
