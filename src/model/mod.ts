export { BRIDGE_OPTIONS, parseBridgeOptions } from "./bridge-options.ts";
export { type DhcpLease, heldLease, leaseEndMs } from "./dhcp-lease.ts";
export {
  ENDPOINT_OPTIONS,
  type EndpointOptions,
  type EndpointSysctl,
  endpointSysctlPath,
  parseEndpointOptions,
} from "./endpoint-options.ts";
export { type EngineSettings, STANDARD_SETTINGS, type SubnetPool } from "./engine-settings.ts";
export {
  type DnsName,
  type EndpointId,
  type NetworkId,
  type ObjectName,
  parseDnsName,
  parseEndpointId,
  parseHostname,
  parseNetworkId,
  parseObjectName,
  parseSandboxId,
  type SandboxId,
} from "./identity.ts";
export { type IpamOptions, parseIpamOptions } from "./ipam-options.ts";
export {
  type LabelCondition,
  type LabelSelection,
  labelsFit,
  labelsFulfil,
  parseLabelCondition,
} from "./label-condition.ts";
export { parseLinkLocalAddress } from "./link-local-address.ts";
export { LINK_ALIAS_MARK, LINK_GROUP } from "./link-mark.ts";
export {
  MACVLAN_OPTIONS,
  parseIpvlanOptions,
  parseMacvlanOptions,
  parseVlanName,
} from "./macvlan-options.ts";
export {
  type Announcements,
  type BridgeSettings,
  type GatewayMode,
  gatewayModes,
  hasEndpoints,
  type IpamDriverName,
  type IpvlanFlagName,
  type IpvlanModeName,
  type IpvlanSettings,
  ipamDriverOf,
  ipamDrivers,
  ipvlanFlags,
  ipvlanModes,
  type MacvlanModeName,
  type MacvlanSettings,
  macvlanModes,
  type Network,
  type NetworkDriver,
  type NetworkDriverKind,
  type NetworkOwner,
  type NetworkTemplate,
  networkOwners,
  type ParentLink,
  type Subnet,
  type SubnetTemplate,
} from "./network.ts";
export { enabledFamilies } from "./network-options.ts";
export { nextHop } from "./next-hop.ts";
export {
  checkPortPublication,
  formatPortPublication,
  type PortPublication,
  parsePortPublication,
} from "./port-publication.ts";
export { isPredefinedNetwork, PredefinedNetwork } from "./predefined-network.ts";
export type { ProcessIdentity, ProcessRecord } from "./process-record.ts";
export { parseProgramText, parseVariableName } from "./program-text.ts";
export type { PoolId, ReservedPool } from "./reserved-pool.ts";
export { parsePoolId, poolId } from "./reserved-pool.ts";
export {
  NO_SEARCH_DOMAIN,
  parseResolverOption,
  parseSearchDomain,
  type ResolverSettings,
} from "./resolver-settings.ts";
export type {
  Endpoint,
  EndpointLink,
  Healthcheck,
  NamespaceIdentity,
  ProcessSpec,
  PublishedPort,
  RestartPolicy,
  Sandbox,
  SandboxNamespace,
} from "./sandbox.ts";
