export { downTopology, type TopologyDown, type TopologyOptions, upTopology } from "./change-topology.ts";
