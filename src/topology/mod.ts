export { downTopology, type TopologyDown, type TopologyOptions, upTopology } from "./apply/mod.ts";
export { formatOperation, type TopologyOperation } from "./plan/mod.ts";
export {
  readTopology,
  readTopologyName,
  type Topology,
  topologyJsonSchema,
} from "./read/mod.ts";
export { parseTopologyName, type TopologyName } from "./state/mod.ts";
