export { deleteStrays } from "./delete-strays.ts";
export type { SandboxPlace } from "./describe-launch.ts";
export { isHostRestarted, rememberBoot } from "./host-restart.ts";
export { ownProgram } from "./own-program.ts";
export { openProcess, readBootId, readIdentity } from "./process-identity.ts";
export { renderHosts, renderResolvConf } from "./render-files.ts";
export { type SandboxFiles, writeSandboxFiles } from "./sandbox-files.ts";
export { signalNumber } from "./signal-number.ts";
export { Supervisor } from "./supervisor.ts";
