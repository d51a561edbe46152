export { formatAge } from "./age.ts";
export {
  dockerContainer,
  dockerContainerSummary,
  hostAddresses,
  type NetworksById,
  networkNames,
  networksById,
} from "./container.ts";
export { containerFilterKeys } from "./container-filters.ts";
export { anyOf, compileFilters, FilterError, type FilterKeys, type Filters, labelFilter } from "./filters.ts";
export { dockerDriver, dockerNetwork, dockerNetworkSummary, hasFamily, type Json, SCOPE } from "./network.ts";
export { networkFilterKeys } from "./network-filters.ts";
export { formatStatus } from "./status.ts";
