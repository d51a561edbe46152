export { Api } from "./api.ts";
export {
  type CniAnswer,
  type CniCall,
  type CniHost,
  type CniResultJson,
  type Container,
  createCniHost,
  REFERENCE_PLUGINS,
} from "./cni.ts";
export { type CommandOptions, type CommandResult, inPlace, type Place, run, runOrThrow, witness } from "./command.ts";
export { type Daemon, startDaemon, weft, weftCommand, weftWith } from "./daemon.ts";
export { type DigAnswer, dig } from "./dig.ts";
export { type DockerPlace, startDockerPlace } from "./docker-place.ts";
export { type DockerContainer, type Dockerd, startDockerd } from "./dockerd.ts";
export { addressOf, type EndpointSpec, type EngineHost, type SandboxSpec, startEngine } from "./engine-host.ts";
export { createHost, type Host, type HostOptions, outsideAddresses, privileged } from "./host.ts";
export { makeLan, setHairpin } from "./lan.ts";
export { change, look, lookCommand, lookWith } from "./look.ts";
export { isAlive, killAllIn, processesIn } from "./processes.ts";
export { createProject, type HostSight, type ProjectPlace } from "./project.ts";
export { type Events, Refused, request, watchEvents } from "./request.ts";
export { type SiteFirewall, startFirewalld, startUfw } from "./site-firewall.ts";
export { type Spawned, spawnIn } from "./spawn.ts";
export { type Answer, ask, pings, type Service, serve } from "./traffic.ts";
export { waitFor } from "./wait-for.ts";
