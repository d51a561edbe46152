export { renderHosts, renderResolvConf } from "./sandbox-files.ts";
export { type SandboxPlace, Supervisor } from "./supervisor.ts";
export { writeSandboxFiles } from "./write-in-place.ts";
