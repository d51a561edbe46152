export {
  formatOperation,
  type KernelOperation,
  type LinkSettings,
  placeOf,
  type TopologyOperation,
} from "./operation.ts";
export { type ObservedProcess, type ObservedProcesses, type ProcessChanges, planProcesses } from "./plan-processes.ts";
export { planTopology, type TopologyStates } from "./plan-topology.ts";
