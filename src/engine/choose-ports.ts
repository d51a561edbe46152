import type { SandboxRequest } from "../contract/mod.ts";
import {
  type BridgeSettings,
  checkPortPublication,
  type Network,
  type PortPublication,
  type PublishedPort,
} from "../model/mod.ts";
import { type PortRange, parsePort, prefixFamily } from "../net/mod.ts";
import { readSysctl } from "../sys/mod.ts";
import type { EngineContext } from "./context.ts";
import { allocatePorts, openPorts, type TakenPort } from "./ports/mod.ts";

/**
 * The ports that a sandbox in the making publishes. They are its from now on, held for it.
 *
 * @param networks Those of the request, in its order.
 */
export function choosePorts(
  context: EngineContext,
  request: Pick<SandboxRequest, "ports" | "networks">,
  networks: readonly Network[],
): readonly PublishedPort[] {
  if (request.ports.length === 0) return [];
  const publications = request.ports.map(({ hostAddress, hostPorts, ...rest }) =>
    checkPortPublication({
      ...rest,
      ...(hostAddress !== undefined && { hostAddress }),
      ...(hostPorts !== undefined && { hostPorts }),
    }),
  );
  const gateway = likelyGateway(request, networks);
  return gateway !== undefined && isRouted(gateway)
    ? openPorts(publications)
    : allocate(context, publications, gateway?.settings);
}

function allocate(
  context: EngineContext,
  publications: readonly PortPublication[],
  settings: BridgeSettings | undefined,
): readonly PublishedPort[] {
  const taken: TakenPort[] = Array.from(context.state.sandboxes).flatMap((sandbox) =>
    sandbox.ports.filter(({ routed }) => routed !== true).map((port) => ({ port, by: `sandbox ${sandbox.name}` })),
  );
  return allocatePorts(publications, taken, {
    ephemeral: ephemeralPorts(),
    ...(settings?.hostBinding !== undefined && { defaultAddress: settings.hostBinding }),
    heldBy: (port) => context.heldPorts.hold(port),
  });
}

interface Gateway {
  readonly network: Network;
  readonly settings: BridgeSettings;
}

/** The network that is going to supply the default route: the highest priority, among equals the first. */
function likelyGateway(request: Pick<SandboxRequest, "networks">, networks: readonly Network[]): Gateway | undefined {
  const candidates = networks.flatMap((network, index) =>
    network.driver.kind === "bridge"
      ? [{ network, settings: network.driver.settings, priority: request.networks[index]?.gatewayPriority ?? 0 }]
      : [],
  );
  const outgoing = candidates.filter(({ network }) => !network.internal);
  const order = outgoing.length > 0 ? outgoing : candidates;
  return order.toSorted((a, b) => b.priority - a.priority)[0];
}

/** Whether nothing is translated on it: then no port of the host is taken. */
function isRouted({ network, settings }: Gateway): boolean {
  return network.subnets.every(({ prefix }) => settings.gatewayModes[prefixFamily(prefix)] === "routed");
}

/** The host's own range for ports that nobody names: net.ipv4.ip_local_port_range. */
function ephemeralPorts(): PortRange {
  const [first = "32768", last = "60999"] = readSysctl("net/ipv4/ip_local_port_range").split(/\s+/);
  return { first: parsePort(first), last: parsePort(last) };
}
