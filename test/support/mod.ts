export { type CommandOptions, type CommandResult, inPlace, type Place, run, runOrThrow, witness } from "./command.ts";
export { type Daemon, startDaemon, weft, weftWith } from "./daemon.ts";
export { addressOf, type EndpointSpec, type EngineHost, type SandboxSpec, startEngine } from "./engine-host.ts";
export { createHost, type Host, type HostOptions, outsideAddresses, privileged } from "./host.ts";
export { isAlive, killAllIn, processesIn } from "./processes.ts";
export { type Events, Refused, request, watchEvents } from "./request.ts";
export { type Spawned, spawnIn } from "./spawn.ts";
export { type Answer, ask, pings, type Service, serve } from "./traffic.ts";
export { waitFor } from "./wait-for.ts";
