import {
  type Endpoint,
  type Network,
  parseBridgeOptions,
  parseEndpointId,
  parseNetworkId,
  parseObjectName,
  parsePortPublication,
  parseSandboxId,
  type Sandbox,
} from "../../model/mod.ts";
import { parseInterfaceAddress, parseIpAddress, parseIpPrefix, parseLinkName, parseMacAddress } from "../../net/mod.ts";
import type { HostFacts } from "../drivers/host-facts.ts";
import { DesiredState } from "./desired.ts";

/** A bridge network in the words that matter to planners; its bridge is called `br-NAME`. */
export interface NetworkFixture {
  /** `PREFIX` with its first address as gateway is `10.0.0.0/24 via 10.0.0.1`; without `via` there is no gateway. */
  readonly subnets: readonly string[];
  readonly auxiliary?: Readonly<Record<string, string>>;
  readonly internal?: boolean;
  readonly options?: Readonly<Record<string, string>>;
}

export interface SandboxFixture {
  /** In the order of attachment: `NETWORK ADDRESS…`, and `*N` for a gateway priority. Interfaces are eth0, eth1, … */
  readonly on: readonly string[];
  /** In Docker's short form, host port included. */
  readonly ports?: readonly string[];
}

/** A host as most are. */
export const plainHost: HostFacts = {
  uplinkMtu: 1500,
  keptMtus: new Map(),
  bridgedFramesFiltered: { ipv4: false, ipv6: false },
  portProxy: false,
};

/** Makes a desired state for tests of planners. Ids are made of one digit each, so that plans read the same every time. */
export function makeState(
  networks: Readonly<Record<string, NetworkFixture>>,
  sandboxes: Readonly<Record<string, SandboxFixture>> = {},
): DesiredState {
  const state = new DesiredState();
  for (const [name, fixture] of Object.entries(networks)) state.putNetwork(makeNetwork(name, fixture, digit(state)));
  let sequence = 0;
  for (const [name, { on, ports = [] }] of Object.entries(sandboxes)) {
    const sandbox = makeSandbox(name, ports, digit(state));
    state.putSandbox(sandbox);
    for (const [index, text] of on.entries()) {
      sequence += 1;
      state.putEndpoint(makeEndpoint(state, sandbox, text, { index, sequence }));
    }
  }
  return state;
}

function digit(state: DesiredState): string {
  const { networks, sandboxes } = state.counts;
  return (networks + sandboxes + 1).toString(16).repeat(64);
}

function makeNetwork(name: string, fixture: NetworkFixture, hex: string): Network {
  const id = parseNetworkId(hex);
  const { subnets, auxiliary = {}, internal = false, options = {} } = fixture;
  const settings = parseBridgeOptions({ "com.docker.network.bridge.name": `br-${name}`, ...options }, id);
  return {
    id,
    name: parseObjectName(name),
    created: "2026-01-01T00:00:00Z",
    driver: { kind: "bridge", settings },
    subnets: subnets.map((text) => {
      const [prefix = "", gateway] = text.split(" via ");
      return {
        prefix: parseIpPrefix(prefix),
        ...(gateway !== undefined && { gateway: parseIpAddress(gateway) }),
        auxiliary: Object.fromEntries(Object.entries(auxiliary).map(([key, text]) => [key, parseIpAddress(text)])),
      };
    }),
    internal,
    attachable: false,
    ipamOptions: {},
    options,
    labels: {},
  };
}

function makeSandbox(name: string, ports: readonly string[], hex: string): Sandbox {
  const published = ports.map(parsePortPublication).map(({ protocol, hostAddress, hostPorts, sandboxPorts }) => {
    if (hostPorts === undefined) throw new Error(`Cannot make sandbox ${name}: a fixture names its host ports`);
    return {
      protocol,
      ...(hostAddress !== undefined && { hostAddress }),
      hostPort: hostPorts.first,
      sandboxPort: sandboxPorts.first,
    };
  });
  return {
    id: parseSandboxId(hex),
    name: parseObjectName(name),
    created: "2026-01-01T00:00:00Z",
    namespace: { kind: "own" },
    hostname: name,
    resolver: { servers: [], search: [], options: [] },
    extraHosts: [],
    ports: published,
    labels: {},
    autoRemove: false,
  };
}

function makeEndpoint(
  state: DesiredState,
  sandbox: Sandbox,
  text: string,
  { index, sequence }: { readonly index: number; readonly sequence: number },
): Endpoint {
  const [networkName = "", ...words] = text.split(" ");
  const network = state.networkNamed(networkName);
  if (network === undefined) throw new Error(`Cannot attach ${sandbox.name}: there is no network ${networkName}`);
  const id = parseEndpointId(sequence.toString(16).padStart(2, "0").repeat(32));
  return {
    id,
    network: network.id,
    sandbox: sandbox.id,
    sequence,
    interfaceName: parseLinkName(`eth${index}`),
    hostLink: parseLinkName(`wv${id.slice(0, 12)}`),
    mac: parseMacAddress(`02:00:00:00:00:${sequence.toString(16).padStart(2, "0")}`),
    addresses: words.filter((word) => !word.startsWith("*")).map(parseInterfaceAddress),
    linkLocalAddresses: [],
    aliases: [],
    links: [],
    gatewayPriority: Number(words.find((word) => word.startsWith("*"))?.slice(1) ?? 0),
    driverOptions: {},
  };
}
