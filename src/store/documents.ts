import {
  type Endpoint,
  type GatewayMode,
  gatewayModes,
  ipamDrivers,
  ipvlanFlags,
  ipvlanModes,
  macvlanModes,
  type Network,
  networkOwners,
  type PoolId,
  type ProcessRecord,
  parseDnsName,
  parseEndpointId,
  parseNetworkId,
  parseObjectName,
  parsePoolId,
  parseSandboxId,
  type ReservedPool,
  type Sandbox,
} from "../model/mod.ts";
import {
  type IpAddress,
  parseInterfaceAddress,
  parseIpAddress,
  parseIpPrefix,
  parseLinkName,
  parseMacAddress,
  parsePort,
  transportProtocols,
} from "../net/mod.ts";
import {
  byKind,
  integer,
  list,
  object,
  oneOf,
  parsed,
  parsedNumber,
  record,
  type Shape,
  text,
  truth,
  withDefault,
} from "./shape.ts";

/** The JSON documents of the tables, read back through the model's parsers: a value that is wrong on disk never gets further. */

const ipAddress = parsed(parseIpAddress);
const linkName = parsed(parseLinkName);
const port = parsedNumber(parsePort);
const texts = list(text);
const textRecord = record(text);

const subnet = object(
  { prefix: parsed(parseIpPrefix), auxiliary: record(ipAddress) },
  { gateway: ipAddress, range: parsed(parseIpPrefix) },
);

const subnetTemplate = object(
  {},
  { prefix: parsed(parseIpPrefix), gateway: ipAddress, range: parsed(parseIpPrefix), auxiliary: record(ipAddress) },
);

const gatewayMode: Shape<GatewayMode> = oneOf(...gatewayModes);

const announcements = object({ count: integer, intervalMs: integer });

const bridgeSettings = object(
  {
    bridge: linkName,
    icc: truth,
    masquerade: truth,
    interfacePrefix: text,
    gatewayModes: withDefault(object({ ipv4: gatewayMode, ipv6: gatewayMode }), { ipv4: "nat", ipv6: "nat" } as const),
    trustedLinks: withDefault(list(linkName), []),
    inhibitIpv4: withDefault(truth, false),
    sourceAddresses: withDefault(object({}, { ipv4: ipAddress, ipv6: ipAddress }), {}),
    announcements: withDefault(announcements, { count: 3, intervalMs: 1000 }),
  },
  { mtu: integer, hostBinding: ipAddress, isFound: truth },
);

const parentLink = byKind({
  host: object({ name: linkName }),
  vlan: object({ name: linkName, lower: linkName, id: integer }),
  isolated: object({ name: linkName }),
});

const macvlanSettings = object(
  {
    parent: parentLink,
    mode: oneOf(...macvlanModes),
    interfacePrefix: text,
    announcements,
    ipamDriver: oneOf(...ipamDrivers),
  },
  { mtu: integer, hostLink: object({ name: linkName, addresses: list(ipAddress) }) },
);

const ipvlanSettings = object(
  {
    parent: parentLink,
    mode: oneOf(...ipvlanModes),
    flag: oneOf(...ipvlanFlags),
    interfacePrefix: text,
    announcements,
  },
  { mtu: integer },
);

export const networkDocument: Shape<Network> = object(
  {
    id: parsed(parseNetworkId),
    name: parsed(parseObjectName),
    created: text,
    driver: byKind({
      bridge: object({ settings: bridgeSettings }),
      macvlan: object({ settings: macvlanSettings }),
      ipvlan: object({ settings: ipvlanSettings }),
      host: object({}),
      none: object({}),
      template: object({ template: object({ subnets: list(subnetTemplate), ipv4: truth }, { ipv6: truth }) }),
    }),
    ipamOptions: withDefault(textRecord, {}),
    subnets: list(subnet),
    internal: truth,
    attachable: truth,
    options: textRecord,
    labels: textRecord,
  },
  { owner: oneOf(...networkOwners), configFrom: parsed(parseObjectName) },
);

export const poolDocument: Shape<ReservedPool> = object(
  { id: parsed(parsePoolId), prefix: parsed(parseIpPrefix) },
  { range: parsed(parseIpPrefix) },
);

export const poolAddressDocument: Shape<{ readonly pool: PoolId; readonly address: IpAddress }> = object({
  pool: parsed(parsePoolId),
  address: ipAddress,
});

const healthcheck = object({
  command: texts,
  intervalMs: integer,
  timeoutMs: integer,
  retries: integer,
  startPeriodMs: integer,
});

const processSpec = object(
  {
    command: texts,
    environment: textRecord,
    workingDirectory: text,
    stopSignal: text,
    stopTimeoutMs: integer,
    restart: oneOf("no", "always", "on-failure", "unless-stopped"),
  },
  { user: text, healthcheck },
);

export const sandboxDocument: Shape<Sandbox> = object(
  {
    id: parsed(parseSandboxId),
    name: parsed(parseObjectName),
    created: text,
    namespace: byKind({
      own: object({}),
      foreign: object({ path: text }, { identity: object({ bootId: text, cookie: text }), ended: truth }),
      external: object({}, { key: text }),
      host: object({}),
      shared: object({ sandbox: parsed(parseSandboxId) }),
    }),
    hostname: text,
    resolver: object({ servers: list(ipAddress), search: texts, options: texts }),
    extraHosts: list(
      object({
        name: parsed(parseDnsName),
        address: parsed((address) => (address === "host-gateway" ? "host-gateway" : parseIpAddress(address))),
      }),
    ),
    ports: list(
      object(
        { protocol: oneOf(...transportProtocols), hostPort: port, sandboxPort: port },
        { hostAddress: ipAddress, routed: truth },
      ),
    ),
    labels: textRecord,
    autoRemove: truth,
  },
  { domainname: text, process: processSpec, removing: truth },
);

const dhcpLease = object(
  {
    address: parsed(parseInterfaceAddress),
    server: ipAddress,
    serverMac: parsed(parseMacAddress),
    routes: list(object({ destination: parsed(parseIpPrefix) }, { gateway: ipAddress })),
    nameServers: list(ipAddress),
    searchDomains: texts,
    since: text,
  },
  { gateway: ipAddress, mtu: integer, renewSeconds: integer, rebindSeconds: integer, leaseSeconds: integer },
);

export const endpointDocument: Shape<Endpoint> = object(
  {
    id: parsed(parseEndpointId),
    network: parsed(parseNetworkId),
    sandbox: parsed(parseSandboxId),
    sequence: integer,
    interfaceName: linkName,
    hostLink: linkName,
    mac: parsed(parseMacAddress),
    addresses: list(parsed(parseInterfaceAddress)),
    linkLocalAddresses: withDefault(list(parsed(parseInterfaceAddress)), []),
    aliases: list(parsed(parseDnsName)),
    links: withDefault(list(object({ name: parsed(parseDnsName), alias: parsed(parseDnsName) })), []),
    gatewayPriority: integer,
    driverOptions: textRecord,
  },
  { lease: dhcpLease },
);

export const processDocument: Shape<ProcessRecord> = object(
  {
    sandbox: parsed(parseSandboxId),
    state: oneOf("running", "restarting", "exited"),
    wanted: truth,
    restarts: integer,
  },
  {
    identity: object({ pid: integer, startTicks: integer, bootId: text }),
    startedAt: text,
    finishedAt: text,
    exitCode: integer,
    failure: text,
    health: oneOf("starting", "healthy", "unhealthy"),
  },
);
