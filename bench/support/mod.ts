export { addSandboxes, bringUpContainers, bringUpCrowd, createNetworks } from "./crowd.ts";
export { alternate, type Contender, mean, median, percentile, timed } from "./measure.ts";
export { type MininetTimes, type MininetWish, timeMininet } from "./mininet.ts";
export { type Comparison, compare, report, type Wanted } from "./report.ts";
export { countRules, processorShare, residentMegabytes } from "./resources.ts";
export { openMeter, type Path, type PathMeter } from "./traffic.ts";
export { openWeft, type StartedSandbox, sandboxProcess, startSandbox } from "./weft-api.ts";
