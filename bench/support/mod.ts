export type { DockerContainer, Dockerd } from "./dockerd.ts";
export { startDockerd } from "./dockerd.ts";
export type { Contender } from "./measure.ts";
export { alternate, median, percentile, timed } from "./measure.ts";
export type { Comparison, Wanted } from "./report.ts";
export { compare, report } from "./report.ts";
export { sandboxProcess, weftRequest } from "./weft-api.ts";
