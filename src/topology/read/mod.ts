export type { TopologyFile } from "./document.ts";
export { readTopology, readTopologyName, type Topology } from "./read-topology.ts";
export { topologyJsonSchema } from "./schema.ts";
export { type FieldPath, TopologyError } from "./topology-error.ts";
