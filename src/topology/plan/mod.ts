export { formatOperation, type LinkSettings, placeOf, type TopologyOperation } from "./operation.ts";
export { planTopology, planTopologyDown, type TopologyStates } from "./plan-topology.ts";
