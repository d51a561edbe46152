export { BRIDGE_OPTIONS, parseBridgeOptions } from "./bridge-options.ts";
export {
  type DnsName,
  type EndpointId,
  type NetworkId,
  type ObjectName,
  parseDnsName,
  parseEndpointId,
  parseNetworkId,
  parseObjectName,
  parseSandboxId,
  type SandboxId,
} from "./identity.ts";
export type { BridgeSettings, Network, NetworkDriver, NetworkDriverKind, Subnet } from "./network.ts";
export {
  checkPortPublication,
  formatPortPublication,
  type PortPublication,
  parsePortPublication,
} from "./port-publication.ts";
export type { ProcessIdentity, ProcessRecord } from "./process-record.ts";
export type {
  Endpoint,
  Healthcheck,
  NamespaceIdentity,
  ProcessSpec,
  PublishedPort,
  ResolverSettings,
  RestartPolicy,
  Sandbox,
  SandboxNamespace,
} from "./sandbox.ts";
