import type { DnsCommand, ForwarderSpec } from "../dns/mod.ts";
import { type Endpoint, heldLease, type Network, type NetworkId, type Sandbox } from "../model/mod.ts";
import { type IpAddress, prefixAddress } from "../net/mod.ts";
import { type HostResolver, type HostServer, readHostResolver } from "../sys/mod.ts";
import { type EngineContext, netnsPath } from "./context.ts";

/** What the name server is to know of a sandbox. None for the host's own namespace: that has its resolver. */
export function sandboxNames(context: EngineContext, sandbox: Sandbox, resolver: HostResolver): readonly DnsCommand[] {
  const path = netnsPath(context, sandbox);
  if (path === undefined || sandbox.namespace.kind === "shared") return [];
  const endpoints = context.state.endpointsOf(sandbox.id);
  const networks = endpoints.map((endpoint) => endpoint.network);
  const links = endpoints.flatMap(({ network, links }) => links.map((link) => ({ ...link, network })));
  const own = sandbox.resolver.servers.map((address): ForwarderSpec => ({ address, from: "sandbox" }));
  const leased = leasedServers(endpoints).map((address): ForwarderSpec => ({ address, from: "sandbox" }));
  const host = resolver.servers.flatMap((server) => hostForwarder(context, server));
  const forward = networks.some((id) => context.state.network(id)?.internal === false);
  const ndots = sandbox.resolver.options
    .map((option) => /^ndots:(\d+)$/.exec(option)?.[1])
    .find((number) => number !== undefined);
  return [
    {
      kind: "put-sandbox",
      id: sandbox.id,
      netnsPath: path,
      networks,
      forwarders: own.length > 0 ? own : leased.length > 0 ? leased : host,
      forward,
      ...(links.length > 0 && { links }),
      ...(ndots !== undefined && { ndots: Number(ndots) }),
    },
  ];
}

/** The name servers that DHCP servers told the sandbox of. */
export function leasedServers(endpoints: readonly Endpoint[]): readonly IpAddress[] {
  return [...new Set(endpoints.flatMap((endpoint) => heldLease(endpoint)?.nameServers ?? []))];
}

/** None for a server on a link that is gone. */
function hostForwarder(context: EngineContext, { address, zone }: HostServer): readonly ForwarderSpec[] {
  if (zone === undefined) return [{ address, from: "host" }];
  const scope = typeof zone === "number" ? zone : context.kernel.route.links.findIndex(zone);
  return scope === undefined ? [] : [{ address, scope, from: "host" }];
}

/** What the name server is to know of an endpoint: the first name is what its addresses resolve back to. */
export function endpointNames(context: EngineContext, endpoint: Endpoint): readonly DnsCommand[] {
  const sandbox = context.state.sandbox(endpoint.sandbox);
  const network = context.state.network(endpoint.network);
  // Another engine has names of its own, and sandboxes of ours are not on its networks.
  if (sandbox === undefined || network === undefined || sandbox.namespace.kind === "external") return [];
  const names = [sandbox.name.toLowerCase(), ...endpoint.aliases, sandbox.id.slice(0, 12), sandbox.hostname];
  return [
    {
      kind: "put-endpoint",
      id: endpoint.id,
      network: { id: network.id, name: network.name },
      names: [...new Set(names)],
      addresses: endpoint.addresses.map(prefixAddress),
    },
  ];
}

/** All that the name server is to know. */
export function allNames(context: EngineContext): readonly DnsCommand[] {
  const resolver = readHostResolver();
  return [
    ...Array.from(context.state.networks).flatMap(networkNames),
    ...Array.from(context.state.endpoints).flatMap((endpoint) => endpointNames(context, endpoint)),
    ...Array.from(context.state.sandboxes).flatMap((sandbox) => sandboxNames(context, sandbox, resolver)),
  ];
}

/** As nss-myhostname calls it: no service is named so by chance. */
const GATEWAY_NAME = "_gateway";

/**
 * What the name server is to know of a network itself: its gateways. Servers look up the address of whoever asks them, and
 * behind a published port that is often the gateway: nobody else would know it, and to find that out takes time.
 */
export function networkNames({ id, name, subnets }: Network): readonly DnsCommand[] {
  const addresses = subnets.flatMap(({ gateway }) => gateway ?? []);
  if (addresses.length === 0) return [];
  return [{ kind: "put-endpoint", id: gatewayId(id), network: { id, name }, names: [GATEWAY_NAME], addresses }];
}

export function withoutNetworkNames({ id }: Network): readonly DnsCommand[] {
  return [{ kind: "remove-endpoint", id: gatewayId(id) }];
}

function gatewayId(network: NetworkId): string {
  return `gateway ${network}`;
}

/** Tells the name server, and waits until the names are served. What it could not do is a warning, not a failure: packets flow all the same. */
export async function applyNames(context: EngineContext, commands: readonly DnsCommand[]): Promise<void> {
  if (commands.length === 0) return;
  try {
    for (const failure of await context.dns.apply(commands))
      context.log("warning", failure.message, { id: failure.id });
  } catch (error) {
    context.log("error", error instanceof Error ? error.message : String(error)); // it dies again and again
  }
}
