import type { BridgeSettings, Endpoint, Network, PublishedPort, Sandbox } from "../../model/mod.ts";
import {
  addressFamily,
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  isUnspecified,
  parseIpAddress,
  prefixAddress,
  prefixFamily,
} from "../../net/mod.ts";
import { neighbourLink } from "../drivers/driver.ts";
import type { HostFacts } from "../drivers/host-facts.ts";
import type { DesiredState } from "../plan/desired.ts";
import { chooseDefaultRoute } from "../plan/gateway.ts";
import { standIn } from "../ports/mod.ts";

/** The sets and maps of table `inet weft` whose elements follow the desired state. */
export const firewallSets = [
  "bridges",
  "bridge_pairs",
  "icc_off",
  "internal",
  "masquerade4",
  "masquerade6",
  "published4",
  "published_any4",
  "published6",
  "published_any6",
  "turned_back4",
  "turned_back6",
  "own4",
  "own6",
  "source4",
  "source6",
  "open_protocols",
  "unprotected",
  "open4",
  "open6",
  "trusted4",
  "trusted6",
  "proxied6",
  "proxied_any6",
  "proxied_udp6",
  "proxied_any_udp6",
  "unserved6",
  "held_any",
  "held4",
  "held6",
] as const;
export type FirewallSet = (typeof firewallSets)[number];

/** One element as text parts: a key of one or more fields, and for a map the data's fields. */
export interface FirewallElement {
  readonly set: FirewallSet;
  readonly key: readonly string[];
  readonly data?: readonly string[];
  /** For people who read `nft list`: whose element it is. */
  readonly comment: string;
}

/** Elements by an identity that two equal ones share. */
export type FirewallElements = ReadonlyMap<string, FirewallElement>;

export function elementIdentity({ set, key }: Pick<FirewallElement, "set" | "key">): string {
  return `${set} ${key.join(" . ")}`;
}

/** br_netfilter translates an answer back to ::1 before IPv6 looks at it, which then drops it: better refused than silent. */
function hostElements({ bridgedFramesFiltered }: HostFacts): readonly FirewallElement[] {
  return bridgedFramesFiltered.ipv6 ? [{ set: "unserved6", key: ["::1"], comment: "bridge-nf-call-ip6tables" }] : [];
}

/** What a network needs of the firewall, whoever is on it. */
export function networkElements(network: Network): readonly FirewallElement[] {
  if (network.driver.kind !== "bridge") return [];
  const { settings } = network.driver;
  const { bridge, icc } = settings;
  const comment = `network ${network.name}`;
  const element = (set: FirewallSet, ...key: string[]): FirewallElement => ({ set, key, comment });
  return [
    element("bridges", bridge),
    element("bridge_pairs", bridge, bridge),
    ...(icc ? [] : [element("icc_off", bridge)]),
    ...(network.internal ? [element("internal", bridge)] : []),
    ...network.subnets.flatMap(({ prefix }) => sourceElements(network, settings, prefix)),
    ...[...new Set(network.subnets.map(({ prefix }) => prefixFamily(prefix)))].flatMap((family) => {
      const mode = settings.gatewayModes[family];
      if (mode === "nat-unprotected") return [element("unprotected", family, bridge)];
      return mode === "routed" ? [element("open_protocols", family, ECHO_PROTOCOL[family], bridge)] : [];
    }),
  ];
}

const ECHO_PROTOCOL: Readonly<Record<IpFamily, string>> = { ipv4: "icmp", ipv6: "ipv6-icmp" };

/** Which address a subnet's packets have beyond the host, where that is not their own. */
function sourceElements(
  { name, internal }: Network,
  { masquerade, gatewayModes, sourceAddresses }: BridgeSettings,
  prefix: IpPrefix,
): readonly FirewallElement[] {
  const family = prefixFamily(prefix);
  if (!masquerade || internal || gatewayModes[family] === "routed") return [];
  const digit = DIGIT[family];
  const source = sourceAddresses[family];
  const common = { key: [prefix], comment: `network ${name}` };
  return source === undefined
    ? [{ set: `masquerade${digit}`, ...common }]
    : [{ set: `source${digit}`, ...common, data: [source] }];
}

/** Of the sets that there are one of for each family. */
const DIGIT = { ipv4: 4, ipv6: 6 } as const;

/** The sandbox's published ports, led to the endpoint that supplies its default route; none while there is none. */
export function sandboxElements(state: DesiredState, sandbox: Sandbox, facts: HostFacts): readonly FirewallElement[] {
  if (sandbox.ports.length === 0) return [];
  const endpoints = state.endpointsOf(sandbox.id);
  const elements = sandbox.ports.flatMap((port) => heldElements(port, `sandbox ${sandbox.name}`));
  for (const family of ["ipv4", "ipv6"] as const) {
    const way = publishingEndpoint(state, sandbox, family);
    if (way === undefined) continue;
    const { settings, isRouted } = way;
    const served = sandbox.ports
      .map((port) => boundPort(port, settings))
      .filter(({ hostAddress }) => hostAddress === undefined || addressFamily(hostAddress) === family);
    const at = { family, address: way.address, comment: `sandbox ${sandbox.name}` };
    elements.push(...openElements(served, settings, at));
    const translated = isRouted ? [] : served.filter(({ routed }) => routed !== true);
    if (translated.length === 0) continue;
    elements.push(...translated.map((port) => publishedElement(port, at)), ...returnElements(state, endpoints, at));
  }
  if (facts.portProxy) elements.push(...proxyElements(state, sandbox, facts));
  return elements;
}

/**
 * Ports of IPv6 addresses of the host that lead to an IPv4 address of the sandbox: all of a sandbox that has no other, and those of ::1
 * where nothing else serves them. The firewall translates within a family only; between them is the proxy, which sends what it gets to
 * the stand-in of the address that was asked.
 */
function proxyElements(state: DesiredState, sandbox: Sandbox, facts: HostFacts): readonly FirewallElement[] {
  const target = publishingEndpoint(state, sandbox, "ipv4");
  if (target === undefined || target.isRouted) return [];
  const other = publishingEndpoint(state, sandbox, "ipv6");
  const served = other !== undefined;
  if (served && (other.isRouted || !facts.bridgedFramesFiltered.ipv6)) return [];
  const comment = `sandbox ${sandbox.name}`;
  return sandbox.ports.flatMap((published): readonly FirewallElement[] => {
    const { protocol, routed, hostPort, sandboxPort, hostAddress } = boundPort(published, target.settings);
    if (protocol === "sctp" || routed === true) return [];
    const isEvery = hostAddress === undefined || hostAddress === "::";
    if (!isEvery && addressFamily(hostAddress) !== "ipv6") return [];
    if (served && !isEvery && hostAddress !== LOOPBACK) return [];
    const address = served ? LOOPBACK : isEvery ? undefined : hostAddress;
    const port = String(hostPort);
    return [
      {
        ...{ set: "published4", key: [standIn(address), protocol, port], comment },
        data: [target.address, String(sandboxPort)],
      },
      address === undefined
        ? { set: PROXIED[protocol].every, key: [port], comment }
        : { set: PROXIED[protocol].one, key: [address, port], comment },
    ];
  });
}

/** What the port proxy runs for. */
export const PROXY_SETS = ["proxied6", "proxied_any6", "proxied_udp6", "proxied_any_udp6"] as const;

const PROXIED = {
  tcp: { every: "proxied_any6", one: "proxied6" },
  udp: { every: "proxied_any_udp6", one: "proxied_udp6" },
} as const;

const LOOPBACK = parseIpAddress("::1");

/** Where the published ports of a family lead; nowhere without a way out by a bridge. */
function publishingEndpoint(
  state: DesiredState,
  sandbox: Sandbox,
  family: IpFamily,
): { readonly address: IpAddress; readonly settings: BridgeSettings; readonly isRouted: boolean } | undefined {
  const endpoint = chooseDefaultRoute(state, state.endpointsOf(sandbox.id), family)?.endpoint;
  const address = endpoint?.addresses.find((candidate) => prefixFamily(candidate) === family);
  const driver = endpoint && state.network(endpoint.network)?.driver;
  if (address === undefined || driver?.kind !== "bridge") return undefined;
  const { settings } = driver;
  return { address: prefixAddress(address), settings, isRouted: settings.gatewayModes[family] === "routed" };
}

/** A sandbox's own address, where its ports are served. */
interface ServedAt {
  readonly family: IpFamily;
  readonly address: IpAddress;
  readonly comment: string;
}

/** Published ports at the sandbox's own address: where its network is routed for everybody, else for those by trusted links. */
function openElements(
  ports: readonly PublishedPort[],
  { gatewayModes, trustedLinks }: BridgeSettings,
  { family, address, comment }: ServedAt,
): readonly FirewallElement[] {
  const digit = DIGIT[family];
  return ports.flatMap(({ protocol, sandboxPort }): readonly FirewallElement[] => {
    const port = [address, protocol, String(sandboxPort)];
    if (gatewayModes[family] === "routed") return [{ set: `open${digit}`, key: port, comment }];
    return trustedLinks.map((link) => ({ set: `trusted${digit}`, key: [link, ...port], comment }));
  });
}

/**
 * Whose questions must seem to come from the host: those from the sandbox's own networks (of one on a parent, all that come in by
 * that), and its own. It would answer them directly, past the host, from an address that was never asked.
 */
function returnElements(
  state: DesiredState,
  endpoints: readonly Endpoint[],
  { family, address, comment }: ServedAt,
): readonly FirewallElement[] {
  const digit = DIGIT[family];
  return [
    { set: `own${digit}`, key: [address, address], comment },
    ...endpoints.flatMap((endpoint): readonly FirewallElement[] => {
      const network = state.network(endpoint.network);
      const link = network && neighbourLink(network);
      return link === undefined ? [] : [{ set: `turned_back${digit}`, key: [link, address], comment }];
    }),
  ];
}

/** Ports that are held for the sandbox, wherever they lead: where they lead nowhere, askers are told so. */
function heldElements(
  { protocol, hostAddress, hostPort, routed }: PublishedPort,
  comment: string,
): readonly FirewallElement[] {
  if (routed === true) return [];
  const port = [protocol, String(hostPort)];
  if (hostAddress === undefined) return [{ set: "held_any", key: port, comment }];
  if (isUnspecified(hostAddress)) return []; // another process may have it in the other family
  return [{ set: addressFamily(hostAddress) === "ipv4" ? "held4" : "held6", key: [hostAddress, ...port], comment }];
}

/** A publication without an address takes the network's default binding. */
function boundPort(port: PublishedPort, { hostBinding }: BridgeSettings): PublishedPort {
  if (port.hostAddress !== undefined || hostBinding === undefined) return port;
  return { ...port, hostAddress: hostBinding };
}

function publishedElement(port: PublishedPort, { family, address, comment }: ServedAt): FirewallElement {
  const digit = DIGIT[family];
  const data = [address, String(port.sandboxPort)];
  if (port.hostAddress === undefined || isUnspecified(port.hostAddress)) {
    return { set: `published_any${digit}`, key: [port.protocol, String(port.hostPort)], data, comment };
  }
  return { set: `published${digit}`, key: [port.hostAddress, port.protocol, String(port.hostPort)], data, comment };
}

/** All that the desired state needs of the firewall of such a host. */
export function desiredElements(state: DesiredState, facts: HostFacts): FirewallElements {
  const elements = new Map<string, FirewallElement>();
  const add = (element: FirewallElement): void => void elements.set(elementIdentity(element), element);
  hostElements(facts).forEach(add);
  for (const network of state.networks) networkElements(network).forEach(add);
  for (const sandbox of state.sandboxes) sandboxElements(state, sandbox, facts).forEach(add);
  return elements;
}

/** From one set of elements to another. A map's element whose data changed is deleted and added again. */
export interface ElementChanges {
  readonly add: readonly FirewallElement[];
  readonly remove: readonly FirewallElement[];
}

export function planElements(from: Iterable<FirewallElement>, to: Iterable<FirewallElement>): ElementChanges {
  const before = indexElements(from);
  const after = indexElements(to);
  const same = (a: FirewallElement, b: FirewallElement | undefined): boolean =>
    b !== undefined && a.data?.join(" . ") === b.data?.join(" . ");
  return {
    add: Array.from(after.values()).filter((element) => !same(element, before.get(elementIdentity(element)))),
    remove: Array.from(before.values()).filter((element) => !same(element, after.get(elementIdentity(element)))),
  };
}

function indexElements(elements: Iterable<FirewallElement>): FirewallElements {
  return new Map(Array.from(elements, (element) => [elementIdentity(element), element]));
}
