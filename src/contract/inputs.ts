import { z } from "zod";
import { ipamDrivers, networkOwners } from "../model/mod.ts";
import {
  absolutePath,
  dnsName,
  endpointId,
  gatewayPriority,
  hostname,
  instant,
  interfaceAddress,
  ipAddress,
  ipPrefix,
  labelCondition,
  linkLocalAddress,
  linkName,
  macAddress,
  networkId,
  objectName,
  poolId,
  portRange,
  programText,
  reference,
  resolverOption,
  searchDomain,
  textMap,
  transportProtocol,
  variables,
} from "./fields.ts";

/** One subnet as asked for; what is absent is chosen. */
export const subnetRequest = z.strictObject({
  prefix: ipPrefix.optional(),
  gateway: ipAddress.optional(),
  range: ipPrefix.optional(),
  auxiliary: z.record(z.string().max(256), ipAddress).optional(),
});
export type SubnetRequest = z.output<typeof subnetRequest>;

export const networkRequest = z.strictObject({
  name: objectName,
  /** Who gives out addresses. */
  ipamDriver: z.enum(ipamDrivers).optional(),
  driver: z.enum(["bridge", "macvlan", "ipvlan", "overlay", "host", "none"]).default("bridge"),
  /** At most 64. Empty: one of each enabled family is chosen from the pools. */
  subnets: z.array(subnetRequest).max(64).default([]),
  ipv4: z.boolean().default(true),
  /** Default: whether a subnet given is an IPv6 one. */
  ipv6: z.boolean().optional(),
  internal: z.boolean().default(false),
  attachable: z.boolean().default(false),
  /** Carries no packets: other networks are made after it, with its subnets, options and labels. */
  configOnly: z.boolean().default(false),
  /** The network of that kind to be made after; then it has none of those of its own. */
  configFrom: reference.optional(),
  /** Of the address allocation: Docker's `com.docker.network.ipam.serial`. */
  ipamOptions: textMap.default({}),
  options: textMap.default({}),
  labels: textMap.default({}),
  /** Of another engine that has its network made by us, with its id. */
  owner: z.strictObject({ kind: z.enum(networkOwners), id: networkId }).optional(),
});
export type NetworkRequest = z.output<typeof networkRequest>;

/** How a sandbox is to be attached to a network. */
export const endpointRequest = z.strictObject({
  network: reference,
  ipv4: ipAddress.optional(),
  ipv6: ipAddress.optional(),
  mac: macAddress.optional(),
  aliases: z.array(dnsName).max(64).default([]),
  /** Further addresses of the interface, in 169.254.0.0/16 or fe80::/10. */
  linkLocalAddresses: z.array(linkLocalAddress).max(16).default([]),
  /** Names that this sandbox alone sees: `alias` stands for whoever is called `name` on the network. */
  links: z
    .array(z.strictObject({ name: dnsName, alias: dnsName }))
    .max(256)
    .default([]),
  interfaceName: linkName.optional(),
  gatewayPriority: gatewayPriority.default(0),
  driverOptions: textMap.default({}),
});
export type EndpointRequest = z.output<typeof endpointRequest>;

export const portPublication = z.strictObject({
  protocol: transportProtocol.default("tcp"),
  hostAddress: ipAddress.optional(),
  /** Absent: the engine chooses a free port for each. */
  hostPorts: portRange.optional(),
  sandboxPorts: portRange,
});

const duration = z.int().min(1).max(86_400_000);

export const healthcheck = z.strictObject({
  command: z.array(programText).min(1).max(1024),
  intervalMs: duration.default(30_000),
  timeoutMs: duration.default(30_000),
  retries: z.int().min(1).max(1000).default(3),
  startPeriodMs: z.int().min(0).max(86_400_000).default(0),
});

export const processRequest = z.strictObject({
  command: z.array(programText).min(1).max(4096),
  environment: variables.default({}),
  workingDirectory: absolutePath.default("/"),
  user: z.string().max(128).optional(),
  stopSignal: z
    .string()
    .regex(/^SIG[A-Z0-9]{2,10}$/)
    .default("SIGTERM"),
  stopTimeoutMs: z.int().min(0).max(3_600_000).default(10_000),
  restart: z.enum(["no", "always", "on-failure", "unless-stopped"]).default("no"),
  healthcheck: healthcheck.optional(),
});

export const namespaceRequest = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("own") }),
  z.strictObject({ kind: z.literal("path"), path: absolutePath }),
  z.strictObject({ kind: z.literal("pid"), pid: z.int().min(1) }),
  z.strictObject({ kind: z.literal("host") }),
  z.strictObject({ kind: z.literal("shared"), sandbox: reference }),
]);

export const sandboxRequest = z.strictObject({
  name: objectName,
  namespace: namespaceRequest.default({ kind: "own" }),
  networks: z.array(endpointRequest).max(64).default([]),
  hostname: hostname.optional(),
  domainname: hostname.optional(),
  resolver: z
    .strictObject({
      servers: z.array(ipAddress).max(16).default([]),
      search: z.array(searchDomain).max(32).default([]),
      options: z.array(resolverOption).max(32).default([]),
    })
    .default({ servers: [], search: [], options: [] }),
  extraHosts: z
    .array(z.strictObject({ name: dnsName, address: z.union([z.literal("host-gateway"), ipAddress]) }))
    .max(1024)
    .default([]),
  ports: z.array(portPublication).max(65536).default([]),
  labels: textMap.default({}),
  process: processRequest.optional(),
  autoRemove: z.boolean().default(false),
  /** Whether to start the process at once. */
  start: z.boolean().default(true),
});
export type SandboxRequest = z.output<typeof sandboxRequest>;

export const networkSelection = z.strictObject({ network: reference });
export const sandboxSelection = z.strictObject({ sandbox: reference });
export const connectRequest = endpointRequest.extend({ sandbox: reference });
export const disconnectRequest = z.strictObject({
  network: reference,
  sandbox: reference,
  force: z.boolean().default(false),
});
const labelConditions = z.array(labelCondition).max(64).default([]);
export const pruneRequest = z.strictObject({
  /** Only networks that all of these are true of. */
  labels: labelConditions,
  /** And not all of these. */
  withoutLabels: labelConditions,
  createdBefore: instant.optional(),
});
export const eventsRequest = z.strictObject({
  /** First what is remembered since then, the last few hundred events. Default: only what happens from now on. */
  since: instant.optional(),
  /** Ends the stream. Default: never. */
  until: instant.optional(),
});
export const stopRequest = z.strictObject({ sandbox: reference, timeoutMs: z.int().min(0).max(3_600_000).optional() });
export const removeRequest = z.strictObject({ sandbox: reference, force: z.boolean().default(false) });
export const logsRequest = z.strictObject({
  sandbox: reference,
  follow: z.boolean().default(false),
  /** Lines from the end; absent: all. */
  tail: z.int().min(0).optional(),
});
export const execRequest = z.strictObject({
  sandbox: reference,
  command: z.array(programText).min(1).max(4096),
  environment: variables.default({}),
  workingDirectory: absolutePath.optional(),
  user: z.string().max(128).optional(),
});
export const nothing = z.strictObject({});

/** An endpoint whose link another engine takes: it has given it an id and addresses. */
export const externalEndpointRequest = z.strictObject({
  endpoint: endpointId,
  network: reference,
  /** Of each family at most one. */
  addresses: z.array(interfaceAddress).max(2),
  mac: macAddress.optional(),
});
export const externalEndpointSelection = z.strictObject({ endpoint: endpointId });
/** What the other engine calls the sandbox that the endpoint joins; endpoints of one key are in one sandbox. */
export const externalJoinRequest = z.strictObject({ endpoint: endpointId, key: z.string().min(1).max(4096) });
const externalName = { name: z.string().min(1).max(256) };
/** What the users of another engine call its networks, and the sandboxes of endpoints. */
export const externalNames = z.strictObject({
  owner: z.enum(networkOwners),
  networks: z.array(z.strictObject({ id: networkId, ...externalName })).max(65536),
  endpoints: z.array(z.strictObject({ id: endpointId, ...externalName })).max(65536),
});
/** The ports of its sandbox lead to this endpoint from now on, and are these. */
export const externalPortsRequest = z.strictObject({
  endpoint: endpointId,
  ports: z.array(portPublication).max(65536),
});

export const poolRequest = z.strictObject({
  family: z.enum(["ipv4", "ipv6"]),
  /** Absent: a free one is chosen. */
  prefix: ipPrefix.optional(),
  range: ipPrefix.optional(),
});
export const poolSelection = z.strictObject({ pool: poolId });
/** Without an address the next free one is chosen. */
export const poolAddressRequest = z.strictObject({ pool: poolId, address: ipAddress.optional() });
export const poolAddressSelection = z.strictObject({ pool: poolId, address: ipAddress });
