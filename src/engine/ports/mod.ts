export { allocatePorts, formatPublishedPort, type PortOptions, type TakenPort } from "./allocate-ports.ts";
export { openPorts } from "./open-ports.ts";
export { PortError, type PortErrorKind } from "./port-error.ts";
export { PROXY_PORTS, standIn } from "./stand-in.ts";
