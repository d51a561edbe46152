import { type NetworkRequest, type NetworkView, type OperationInput, Refusal } from "../contract/mod.ts";
import {
  BRIDGE_OPTIONS,
  enabledFamilies,
  hasEndpoints,
  labelsFit,
  type Network,
  PredefinedNetwork,
  parseIpamOptions,
  parseNetworkId,
  parseObjectName,
} from "../model/mod.ts";
import { type LinkName, prefixFamily } from "../net/mod.ts";
import { applyPlan } from "./apply/apply-plan.ts";
import { addressHostLink, chooseDriver } from "./choose-driver.ts";
import { type EngineContext, emit } from "./context.ts";
import { isBehindHost, networkLinkNames } from "./drivers/driver.ts";
import { networkElements } from "./firewall/elements.ts";
import { isForwarding, LEAST_IPV6_MTU } from "./host-survey.ts";
import { randomId } from "./identifiers.ts";
import { completeSubnets, subnetPools } from "./ipam/mod.ts";
import { getNetwork } from "./lookup.ts";
import { applyNames, withoutNetworkNames } from "./names.ts";
import { followTemplate, makeTemplate, requireNoFollowers } from "./network-templates.ts";
import { desiredNetworkLinks } from "./plan/host-plan.ts";
import type { Operation } from "./plan/operation.ts";
import { takenSpace } from "./reserved-pools.ts";
import { takeBack } from "./take-back.ts";
import { hostUlaPrefix } from "./ula.ts";
import { viewNetwork } from "./views.ts";

const RESERVED_NAMES: readonly string[] = [PredefinedNetwork.host, PredefinedNetwork.none];

/** Makes a network: its bridge, its addresses, its place in the firewall. */
export async function createNetwork(context: EngineContext, asked: NetworkRequest): Promise<NetworkView> {
  requireFreeName(context, asked);
  if (asked.configOnly) return createTemplate(context, asked);
  const followed = followTemplate(context.state, asked);
  const options = { ...context.settings.networkOptions[asked.driver], ...followed.options };
  const request = withFamilies({ ...followed, options });
  const id = request.owner?.id ?? parseNetworkId(randomId());
  if (context.state.network(id) !== undefined) {
    throw new Refusal("conflict", `Cannot create network ${request.name}: there is one of id ${id}, want another id`);
  }
  parseIpamOptions(request.ipamOptions);
  const { driver, withoutGateway, withoutPrefix, subnets = request.subnets } = chooseDriver(context, request, id);
  const network = addressHostLink({
    id,
    name: request.name,
    created: new Date().toISOString(),
    driver,
    subnets: completeSubnets(
      { ...request, subnets, withoutGateway, withoutPrefix },
      {
        pools: subnetPools(context.settings.addressPools, hostUlaPrefix()),
        blocked: needsPool(request) ? context.occupied.read() : [],
        taken: takenSpace(context, request),
      },
    ),
    internal: request.internal,
    ...(request.owner !== undefined && { owner: request.owner.kind }),
    attachable: request.attachable,
    ...(followed.configFrom !== undefined && { configFrom: parseObjectName(followed.configFrom) }),
    ipamOptions: request.ipamOptions,
    options: followed.options, // not the host's own: they may be others for the next
    labels: request.labels,
  });
  requireMtu(context, network);
  context.state.putNetwork(network);
  context.pools.addNetwork(network);
  try {
    await applyPlan(context.kernel, planCreate(context, network), () => context.store.putNetwork(network));
  } catch (error) {
    forget(context, network);
    throw error;
  }
  emit(context, "network-create", { network });
  return viewNetwork(context, network);
}

/** Which families a bridge has may be said by an option, too. */
function withFamilies(request: NetworkRequest): NetworkRequest {
  if (request.driver !== "bridge") return request;
  const { ipv4 = request.ipv4, ipv6 = request.ipv6 } = enabledFamilies(request.options);
  if ((ipv4 && !request.ipv4) || (request.ipv6 !== undefined && ipv6 !== request.ipv6)) {
    const option = ipv4 && !request.ipv4 ? BRIDGE_OPTIONS.ipv4 : BRIDGE_OPTIONS.ipv6;
    throw new Refusal(
      "invalid",
      `Cannot create network ${request.name} with option ${option}=${request.options[option]}: the request says otherwise, want one of the two`,
    );
  }
  return { ...request, ipv4, ipv6 };
}

function requireFreeName(context: EngineContext, request: NetworkRequest): void {
  if (RESERVED_NAMES.includes(request.name)) {
    throw new Refusal(
      "forbidden",
      `Cannot create network ${request.name}: the name is a predefined network's, want another one`,
      { reason: { code: "predefined", network: request.name } },
    );
  }
  if (context.state.networkNamed(request.name) !== undefined) {
    throw new Refusal(
      "conflict",
      `Cannot create network ${request.name}: there is one of that name, want another name`,
      { reason: { code: "name-taken", what: "network", name: request.name } },
    );
  }
}

/** Nothing of it is in the kernel. */
function createTemplate(context: EngineContext, request: NetworkRequest): NetworkView {
  const network: Network = {
    id: parseNetworkId(randomId()),
    name: request.name,
    created: new Date().toISOString(),
    driver: { kind: "template", template: makeTemplate(request) },
    subnets: [],
    internal: false,
    attachable: false,
    ipamOptions: request.ipamOptions,
    options: request.options,
    labels: request.labels,
  };
  context.store.putNetwork(network);
  context.state.putNetwork(network);
  emit(context, "network-create", { network });
  return viewNetwork(context, network);
}

function requireMtu({ facts, kernel }: EngineContext, { name, subnets, driver }: Network): void {
  if (!("settings" in driver)) return;
  const { settings } = driver;
  const inherited = "parent" in settings ? kernel.route.links.find(settings.parent.name)?.mtu : facts.uplinkMtu;
  const mtu = settings.mtu ?? inherited ?? LEAST_IPV6_MTU;
  if (mtu >= LEAST_IPV6_MTU || !subnets.some(({ prefix }) => prefixFamily(prefix) === "ipv6")) return;
  throw new Refusal(
    "invalid",
    `Cannot create network ${name} with IPv6 and an MTU of ${mtu} bytes: want at least ${LEAST_IPV6_MTU}, by option ${BRIDGE_OPTIONS.mtu}`,
  );
}

function needsPool(request: NetworkRequest): boolean {
  const families = Number(request.ipv4) + Number(request.ipv6 === true);
  return (
    request.subnets.length < families ||
    request.subnets.some(({ prefix }) => prefix === undefined || /^(0\.0\.0\.0|::)\//.test(prefix))
  );
}

function planCreate(context: EngineContext, network: Network): readonly Operation[] {
  const elements = networkElements(network);
  return [
    ...planForwarding(network),
    ...desiredNetworkLinks(context.state, network, context.facts)
      .filter(({ name }) => !isSharedParent(context, network, name))
      .map((link) => ({ kind: "create-network-link", link }) as const),
    ...(elements.length > 0 ? [{ kind: "change-firewall", add: elements, remove: [] } as const] : []),
  ];
}

/** A VLAN that another network's sandboxes lie on, too: it is there, and stays. */
function isSharedParent({ state }: EngineContext, { id }: Network, name: LinkName): boolean {
  return state.networksOnParent(name).some((other) => other.id !== id);
}

/** What a network that is not internal needs of the host, and does not have yet. */
export function planForwarding(network: Network): readonly Operation[] {
  if (network.internal || !isBehindHost(network)) return [];
  const families = new Set(network.subnets.map(({ prefix }) => prefixFamily(prefix)));
  return [...families]
    .filter((family) => !isForwarding(family))
    .map((family) => ({ kind: "enable-forwarding", family }));
}

function forget(context: EngineContext, network: Network): void {
  context.state.deleteNetwork(network);
  context.pools.deleteNetwork(network.id);
}

/** A sentence that names more is not read. */
const MOST_NAMED = 10;

/** Takes a network down that nobody is on. */
export async function removeNetwork(context: EngineContext, reference: string): Promise<null> {
  const network = getNetwork(context.state, reference);
  if (network.driver.kind === "template") {
    requireNoFollowers(context.state, network);
  } else if (!hasEndpoints(network.driver.kind)) {
    throw new Refusal(
      "forbidden",
      `Cannot remove network ${network.name}: it is predefined, want one that somebody made`,
      { reason: { code: "predefined", network: network.name } },
    );
  }
  const endpoints = context.state.endpointsOn(network.id);
  if (endpoints.length > 0) {
    const holders = endpoints.map((endpoint) => context.state.sandbox(endpoint.sandbox)?.name ?? endpoint.sandbox);
    const more = holders.length > MOST_NAMED ? ` and ${holders.length - MOST_NAMED} more` : "";
    throw new Refusal(
      "in-use",
      `Cannot remove network ${network.name}: sandboxes are on it (${holders.slice(0, MOST_NAMED).join(", ")}${more}), want them disconnected first`,
      {
        reason: {
          code: "has-endpoints",
          network: network.name,
          endpoints: endpoints.slice(0, MOST_NAMED).map(({ id }, index) => ({ id, sandbox: holders[index] ?? "" })),
        },
      },
    );
  }
  context.store.deleteNetwork(network.id);
  const links = networkLinkNames(network).filter((name) => !isSharedParent(context, network, name));
  const elements = networkElements(network);
  forget(context, network);
  const unnamed = applyNames(context, withoutNetworkNames(network));
  await applyPlan(context.kernel, [
    ...(links.length > 0 ? [{ kind: "delete-links", names: links.toReversed() } as const] : []),
    ...(elements.length > 0 ? [{ kind: "change-firewall", add: [], remove: elements } as const] : []),
  ]);
  await unnamed;
  emit(context, "network-remove", { network });
  return null;
}

/** Removes the networks that nobody is on and that the request lets through; not the default one, as with Docker. */
export async function pruneNetworks(
  context: EngineContext,
  request: OperationInput<"pruneNetworks">,
): Promise<readonly string[]> {
  const { createdBefore = Number.POSITIVE_INFINITY } = request;
  const idle = Array.from(context.state.networks).filter(
    (network) =>
      hasEndpoints(network.driver.kind) &&
      network.name !== PredefinedNetwork.bridge &&
      network.owner === undefined &&
      context.state.endpointsOn(network.id).length === 0 &&
      Date.parse(network.created) <= createdBefore &&
      labelsFit(network.labels, request),
  );
  for (const network of idle) await removeNetwork(context, network.id);
  return idle.map(({ name }) => name);
}

/** Whether a reference means the network `bridge`, which comes into being when it is first wanted, and it has not. */
export function isMissingDefault({ state }: Pick<EngineContext, "state">, reference: string): boolean {
  return reference === PredefinedNetwork.bridge && state.networkNamed(reference) === undefined;
}

/** Makes it then; `undo` takes that back. */
export async function makeMissingDefault(
  context: EngineContext,
  reference: string,
  undo: AsyncDisposableStack,
): Promise<void> {
  if (!isMissingDefault(context, reference)) return;
  const { id } = await createNetwork(context, {
    name: parseObjectName(PredefinedNetwork.bridge),
    driver: "bridge",
    subnets: [],
    ipv4: true,
    internal: false,
    attachable: false,
    configOnly: false,
    ipamOptions: {},
    options: {},
    labels: {},
  });
  undo.defer(() => takeBack(context, `network ${PredefinedNetwork.bridge}`, () => removeNetwork(context, id)));
}

/** The networks that are there from the start; made when the state has none of them. */
export function addPredefinedNetworks(context: Pick<EngineContext, "state" | "store">): void {
  for (const kind of ["host", "none"] as const) {
    if (context.state.networkNamed(kind) !== undefined) continue;
    const network: Network = {
      id: parseNetworkId(randomId()),
      name: parseObjectName(kind),
      created: new Date().toISOString(),
      driver: { kind },
      subnets: [],
      internal: false,
      attachable: false,
      ipamOptions: {},
      options: {},
      labels: {},
    };
    context.store.putNetwork(network);
    context.state.putNetwork(network);
  }
}
