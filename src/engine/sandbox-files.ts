import { heldLease, NO_SEARCH_DOMAIN, type Sandbox } from "../model/mod.ts";
import { addressFamily, type IpAddress, parseIpAddress, prefixAddress } from "../net/mod.ts";
import { renderHosts, renderResolvConf, type SandboxFiles, writeSandboxFiles } from "../processes/mod.ts";
import { formatServer, type HostResolver, readHostResolver } from "../sys/mod.ts";
import type { EngineContext } from "./context.ts";
import { hostAddresses } from "./drivers/driver.ts";
import { leasedServers } from "./names.ts";
import { chooseDefaultRoute } from "./plan/gateway.ts";

/** Where the resolver of every sandbox listens, inside its own namespace. */
const RESOLVER_ADDRESS = parseIpAddress("127.0.0.11");

/** Where the files of a sandbox lie that its processes see as /etc/hosts, /etc/resolv.conf and /etc/hostname. */
export function sandboxFolder(context: Pick<EngineContext, "runDirectory">, sandbox: Sandbox): string {
  return `${context.runDirectory}/sandboxes/${sandbox.id}`;
}

/** What each sandbox's files were last given: most changes of its networks are about one of the three. */
const lastWritten = new WeakMap<Sandbox, SandboxFiles>();

/** Writes those anew whose text has changed; what is bind-mounted somewhere changes in place. */
export function refreshSandboxFiles(
  context: EngineContext,
  sandbox: Sandbox,
  host: HostResolver = readHostResolver(),
): void {
  const files = renderSandboxFiles(context, sandbox, host);
  writeSandboxFiles(sandboxFolder(context, sandbox), files, lastWritten.get(sandbox));
  lastWritten.set(sandbox, files);
}

function renderSandboxFiles(context: EngineContext, sandbox: Sandbox, host: HostResolver): SandboxFiles {
  const endpoints = context.state.endpointsOf(sandbox.id);
  const addresses = endpoints.flatMap((endpoint) => endpoint.addresses.map(prefixAddress));
  const { resolver } = sandbox;
  const onHost = sandbox.namespace.kind === "host";
  const leased = leasedServers(endpoints);
  const own = resolver.servers.length > 0 ? resolver.servers : leased;
  const servers = own.length > 0 ? own : host.servers.map(formatServer);
  const leasedSearch = endpoints.flatMap((endpoint) => heldLease(endpoint)?.searchDomains ?? []);
  return {
    hostname: `${sandbox.hostname}\n`,
    hosts: renderHosts({
      hostname: sandbox.hostname,
      ...(sandbox.domainname !== undefined && { domainname: sandbox.domainname }),
      addresses,
      extraHosts: sandbox.extraHosts.flatMap(({ name, address }) =>
        (address === "host-gateway" ? hostGateways(context, sandbox) : [address]).map((found) => ({
          name,
          address: found,
        })),
      ),
    }),
    resolvConf: renderResolvConf({
      nameservers: onHost ? servers : [RESOLVER_ADDRESS],
      search:
        resolver.search.length > 0
          ? resolver.search.filter((domain) => domain !== NO_SEARCH_DOMAIN)
          : leasedSearch.length > 0
            ? [...new Set(leasedSearch)]
            : host.search,
      options:
        resolver.options.length > 0 ? resolver.options : host.options.filter((option) => !option.startsWith("ndots:")),
      ...(!onHost && {
        external: servers.map((address) => ({ address, from: own.length > 0 ? "sandbox" : "host" }) as const),
      }),
    }),
  };
}

/**
 * The host as the sandbox sees it: what its owner says, else its own address on the network of the default route, or on the first
 * where it has one.
 */
function hostGateways(context: EngineContext, sandbox: Sandbox): readonly IpAddress[] {
  const endpoints = context.state.endpointsOf(sandbox.id);
  const { hostGateways } = context.settings;
  return (["ipv4", "ipv6"] as const).flatMap((family) => {
    const chosen = hostGateways[family];
    if (chosen !== undefined) return [chosen];
    const route = chooseDefaultRoute(context.state, endpoints, family);
    const ordered = route === undefined ? endpoints : [route.endpoint, ...endpoints];
    for (const endpoint of ordered) {
      const network = context.state.network(endpoint.network);
      const own = network && hostAddresses(network).find((address) => addressFamily(address) === family);
      if (own !== undefined) return [own];
    }
    return [];
  });
}
