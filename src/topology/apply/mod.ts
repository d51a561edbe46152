export { downTopology, type TopologyOptions, upTopology } from "./change-topology.ts";
