import { type ClientContract, type NetworkView, type OperationRequest, Refusal } from "../../contract/mod.ts";
import { nextHop } from "../../model/mod.ts";
import { type IpFamily, parseInterfaceAddress, prefixAddress, prefixFamily } from "../../net/mod.ts";
import { type Calls, call } from "./call.ts";
import type { NameFollower } from "./name-follower.ts";
import { readPortBinding } from "./port-binding.ts";
import {
  type CreateEndpoint,
  type CreateNetwork,
  createEndpoint,
  createNetwork,
  endpointSelection,
  joinEndpoint,
  networkSelection,
  nothing,
  programConnectivity,
} from "./requests.ts";

/** Digits of an id that Docker shows. */
const SHORT_ID = 12;

/**
 * Docker's remote network driver. It may ask twice, and forgets to say when a thing has ended: whatever is there already is done, and
 * whatever is gone is gone. Source: moby, daemon/libnetwork/docs/remote.md.
 */
export function networkDriverCalls(client: ClientContract, names: Pick<NameFollower, "notice">): Calls {
  const done = {};
  return {
    GetCapabilities: call(nothing, async () => ({ Scope: "local", ConnectivityScope: "local" })),
    AllocateNetwork: call(nothing, async () => {
      throw new Refusal(
        "unsupported",
        "Cannot allocate a network for a swarm: Weft's are of one host, want scope local",
      );
    }),
    FreeNetwork: call(nothing, async () => done),
    CreateNetwork: call(createNetwork, async (request) => {
      await ensureNetwork(client, request);
      names.notice();
      return done;
    }),
    DeleteNetwork: call(networkSelection, async ({ NetworkID }) => {
      await dropNetwork(client, NetworkID);
      return done;
    }),
    CreateEndpoint: call(createEndpoint, async (request) => {
      const { mac } = await client.createExternalEndpoint(describeEndpoint(request));
      return { Interface: request.Interface.MacAddress === undefined ? { MacAddress: mac } : {} };
    }),
    EndpointOperInfo: call(endpointSelection, async () => ({ Value: {} })),
    Join: call(joinEndpoint, async ({ NetworkID, EndpointID, SandboxKey }) => {
      const { interfaceName } = await client.joinExternalEndpoint({ endpoint: EndpointID, key: SandboxKey });
      names.notice();
      return describeJoin(await client.getNetwork({ network: NetworkID }), interfaceName);
    }),
    Leave: call(endpointSelection, async ({ EndpointID }) => {
      await client.leaveExternalEndpoint({ endpoint: EndpointID });
      return done;
    }),
    DeleteEndpoint: call(endpointSelection, async ({ EndpointID }) => {
      await client.removeExternalEndpoint({ endpoint: EndpointID });
      return done;
    }),
    ProgramExternalConnectivity: call(programConnectivity, async ({ EndpointID, Options }) => {
      const bindings = Options?.["com.docker.network.portmap"] ?? [];
      await client.publishExternalPorts({ endpoint: EndpointID, ports: bindings.map(readPortBinding) });
      return done;
    }),
    RevokeExternalConnectivity: call(endpointSelection, async ({ EndpointID }) => {
      await client.withdrawExternalPorts({ endpoint: EndpointID });
      return done;
    }),
    // Of other nodes; it tells them only to drivers of another scope.
    DiscoverNew: call(nothing, async () => done),
    DiscoverDelete: call(nothing, async () => done),
  };
}

/** Until its name is known. */
function networkName(id: string): string {
  return `docker-${id.slice(0, SHORT_ID)}`;
}

async function ensureNetwork(client: ClientContract, request: CreateNetwork): Promise<void> {
  const wanted = describeNetwork(request);
  const known = await findNetwork(client, request.NetworkID);
  if (known === undefined) {
    await client.createNetwork(wanted);
    return;
  }
  const prefixes = known.subnets.map(({ prefix }) => prefix as string).join();
  if (prefixes !== wanted.subnets?.map(({ prefix }) => prefix).join()) {
    throw new Refusal(
      "conflict",
      `Cannot create network ${networkName(request.NetworkID)}: there is one of that id with subnets ${prefixes}, want those`,
    );
  }
}

async function findNetwork(client: ClientContract, id: string): Promise<NetworkView | undefined> {
  try {
    return await client.getNetwork({ network: id });
  } catch (error) {
    if (error instanceof Refusal && error.kind === "not-found") return undefined;
    throw error;
  }
}

/** @throws {SyntaxError} */
function describeNetwork({ NetworkID, Options, IPv4Data, IPv6Data }: CreateNetwork): OperationRequest<"createNetwork"> {
  const data = [...IPv4Data, ...IPv6Data];
  const name = networkName(NetworkID);
  if (data.length === 0 || data.some(({ Pool }) => /\/0$/.test(Pool))) {
    throw new SyntaxError(`Cannot create network ${name} without a subnet: want an IPAM driver that gives addresses`);
  }
  return {
    name,
    owner: { kind: "docker", id: NetworkID },
    subnets: data.map(({ Pool, Gateway, AuxAddresses }) => ({
      prefix: Pool,
      ...(Gateway !== undefined && { gateway: bare(Gateway) }),
      auxiliary: Object.fromEntries(Object.entries(AuxAddresses).map(([key, address]) => [key, bare(address)])),
    })),
    ipv4: IPv4Data.length > 0,
    ipv6: IPv6Data.length > 0,
    internal: Options?.["com.docker.network.internal"] ?? false,
    options: Options?.["com.docker.network.generic"] ?? {},
  };
}

/** Docker says addresses with the length of their subnet. */
function bare(address: string): string {
  return prefixAddress(parseInterfaceAddress(address));
}

/** Docker removes a network that it knows no endpoint of: those that we know have ended without our being told. */
async function dropNetwork(client: ClientContract, id: string): Promise<void> {
  const network = await findNetwork(client, id);
  if (network === undefined) return;
  for (const endpoint of network.endpoints) await client.removeExternalEndpoint({ endpoint: endpoint.id });
  await client.removeNetwork({ network: id });
}

/** @throws {SyntaxError} */
function describeEndpoint(request: CreateEndpoint): OperationRequest<"createExternalEndpoint"> {
  const { Address, AddressIPv6, MacAddress } = request.Interface;
  const addresses = [Address, AddressIPv6].filter((address) => address !== undefined);
  if (addresses.length === 0) {
    throw new SyntaxError("Cannot create an endpoint without an address: want an IPAM driver that gives one");
  }
  return {
    endpoint: request.EndpointID,
    network: request.NetworkID,
    addresses,
    ...(MacAddress !== undefined && { mac: MacAddress }),
  };
}

/** Docker itself takes the link, names it, and gives it the addresses that it told us before. */
function describeJoin(network: NetworkView, link: string): object {
  const [ipv4, ipv6] = [gateway(network, "ipv4"), gateway(network, "ipv6")];
  return {
    InterfaceName: { SrcName: link, DstPrefix: interfacePrefix(network) },
    ...(ipv4 !== undefined && { Gateway: ipv4 }),
    ...(ipv6 !== undefined && { GatewayIPv6: ipv6 }),
    // Without an IPv4 gateway, Docker would connect the container to a network of its own for the way out.
    ...(ipv4 === undefined && { DisableGatewayService: true }),
  };
}

function gateway({ internal, subnets }: NetworkView, family: IpFamily): string | undefined {
  const subnet = subnets.find(({ prefix }) => prefixFamily(prefix) === family);
  return internal || subnet === undefined ? undefined : nextHop(subnet);
}

function interfacePrefix({ driver }: NetworkView): string {
  return driver.kind === "bridge" ? driver.settings.interfacePrefix : "eth";
}
