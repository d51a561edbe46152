export {
  featuresOfMark,
  formatLinkMark,
  formatPlaceMark,
  ownerOfMark,
  type PlaceFeature,
  parseLinkMark,
  TOPOLOGY_PROTOCOL,
  topologyGroup,
  topologyMark,
  topologyTable,
} from "./mark.ts";
export {
  formatLinkPlace,
  HOST,
  type LinkPlace,
  type PlaceName,
  parsePlaceName,
  parseTopologyName,
  type TopologyName,
} from "./names.ts";
export {
  formatProcessPlace,
  isSameProcess,
  type ProcessName,
  type ProcessPlace,
  parseProcessName,
  processFolder,
} from "./processes.ts";
export {
  carrierOf,
  compareHops,
  EMPTY_PLACE,
  FORWARDING_SYSCTLS,
  type PlaceState,
  type TopologyHop,
  type TopologyLink,
  type TopologyLinkKind,
  type TopologyRoute,
  type TopologyRule,
  type TopologyState,
} from "./topology-state.ts";
