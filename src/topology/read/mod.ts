export { readTopology, readTopologyName, type Topology } from "./read-topology.ts";
export { topologyJsonSchema } from "./schema.ts";
