import { type EndpointView, type OperationInput, Refusal } from "../contract/mod.ts";
import {
  type BridgeSettings,
  type Endpoint,
  type EndpointId,
  type Network,
  type PublishedPort,
  parseObjectName,
  parseSandboxId,
  type Sandbox,
} from "../model/mod.ts";
import { type InterfaceAddress, ipBytes, type MacAddress, macFromBytes, prefixAddress } from "../net/mod.ts";
import { applyPlan } from "./apply/apply-plan.ts";
import { choosePorts } from "./choose-ports.ts";
import { type EngineContext, emit } from "./context.ts";
import { planVeth } from "./drivers/bridge.ts";
import { chooseMac, forgetEndpoint } from "./endpoints.ts";
import { type ElementChanges, type FirewallElement, planElements, sandboxElements } from "./firewall/elements.ts";
import { getNetwork } from "./lookup.ts";
import { hostLinkName, peerLinkName } from "./network-pools.ts";
import type { Operation } from "./plan/operation.ts";
import { cutStaleFlows } from "./stale-flows.ts";
import { viewEndpoint } from "./views.ts";

/**
 * Endpoints of sandboxes that are another engine's, such as Docker's containers. That engine takes the link's other end out of the
 * host's namespace, names it and gives it addresses and routes: ours are bridge, firewall, published ports and the host's end.
 * It may ask for the same thing twice, and never tell of an end: everything here may be done again, and what is not known is gone.
 */

/** Keeps an endpoint; there is no link before it joins. */
export async function createExternalEndpoint(
  context: EngineContext,
  request: OperationInput<"createExternalEndpoint">,
): Promise<EndpointView> {
  const network = getNetwork(context.state, request.network);
  requireBridge(network);
  const known = context.state.endpoint(request.endpoint);
  if (known !== undefined) {
    if (known.network === network.id) return viewEndpoint(context, known);
    throw new Refusal(
      "conflict",
      `Cannot create endpoint ${short(request.endpoint)} on network ${network.name}: it is on another one, want an id of its own`,
    );
  }
  await removeHolders(context, network, request);
  const mac = chooseMac(context, network, request.mac ?? lastingMac(context, network, request.addresses));
  context.pools.reserve(network, request.addresses);
  const sandbox = describeSandbox(request.endpoint, network);
  const endpoint: Endpoint = {
    id: request.endpoint,
    network: network.id,
    sandbox: sandbox.id,
    sequence: context.store.nextSequence(),
    interfaceName: peerLinkName(request.endpoint),
    hostLink: hostLinkName(request.endpoint),
    mac,
    addresses: request.addresses,
    linkLocalAddresses: [],
    aliases: [],
    links: [],
    gatewayPriority: 0,
    driverOptions: {},
  };
  try {
    keep(context, [sandbox], [endpoint]);
  } catch (error) {
    context.pools.release(network.id, request.addresses);
    throw error;
  }
  context.state.putSandbox(sandbox);
  context.state.putEndpoint(endpoint);
  return viewEndpoint(context, endpoint);
}

/**
 * Made of the address, so that an address that is handed out again keeps its MAC: neighbours remember the old one for as long as a minute,
 * and whether anybody tells them is the other engine's affair. Docker tells from version 28 on.
 */
function lastingMac(
  { state }: EngineContext,
  network: Network,
  addresses: readonly InterfaceAddress[],
): MacAddress | undefined {
  const [first] = addresses;
  if (first === undefined) return undefined;
  const mac = macFromBytes(Uint8Array.of(0x02, 0x42, ...ipBytes(prefixAddress(first)).slice(-4)));
  return state.endpointsOn(network.id).some((other) => other.mac === mac) ? undefined : mac;
}

/**
 * The owner of a network gives each of its addresses to one endpoint at a time: who else has one here is an endpoint that has ended,
 * without our being told.
 */
async function removeHolders(
  context: EngineContext,
  network: Network,
  { addresses }: Pick<Endpoint, "addresses">,
): Promise<void> {
  if (network.owner === undefined) return;
  const holders = context.state
    .endpointsOn(network.id)
    .filter((other) => isExternal(context, other) && other.addresses.some((address) => addresses.includes(address)));
  for (const { id } of holders) await removeExternalEndpoint(context, { endpoint: id });
}

/** Until the endpoint joins, nobody knows whose it is: it has a sandbox of its own. */
function describeSandbox(endpoint: EndpointId, network: Network): Sandbox {
  return {
    id: parseSandboxId(endpoint),
    name: parseObjectName(`${network.owner ?? "external"}-${short(endpoint)}`),
    created: new Date().toISOString(),
    namespace: { kind: "external" },
    hostname: short(endpoint),
    resolver: { servers: [], search: [], options: [] },
    extraHosts: [],
    ports: [],
    labels: {},
    autoRemove: false,
  };
}

/** Makes the pair of links, anew where there is one, and puts the endpoint into the sandbox of the key. */
export async function joinExternalEndpoint(
  context: EngineContext,
  request: OperationInput<"joinExternalEndpoint">,
): Promise<EndpointView> {
  const before = getExternal(context, request.endpoint);
  const network = networkOf(context, before.endpoint);
  const settings = requireBridge(network);
  const { sandbox, left } = chooseSandbox(context, before, request.key);
  const other = left === undefined ? undefined : context.state.endpointBetween(network.id, sandbox.id);
  // One that has ended without our being told: the other engine has one endpoint of a sandbox on a network.
  if (other !== undefined) await removeExternalEndpoint(context, { endpoint: other.id });
  const endpoint = { ...before.endpoint, sandbox: sandbox.id };
  const elements = elementsOf(context, [before.sandbox, sandbox]);
  const undo = place(context, before, { sandbox, endpoint });
  try {
    const changes = planElements(elements, elementsOf(context, [sandbox]));
    await applyPlan(
      context.kernel,
      [
        { kind: "delete-links", names: [endpoint.hostLink] },
        { kind: "create-endpoint-link", link: planVeth(endpoint, settings, context.facts, { sandbox }) },
        ...changeFirewall(changes),
      ],
      () =>
        context.store.transaction(() => {
          keep(context, [sandbox], [endpoint]);
          if (left !== undefined) context.store.deleteSandbox(left.id);
        }),
    );
  } catch (error) {
    undo();
    throw error;
  }
  emit(context, "connect", { network, sandbox });
  return viewEndpoint(context, endpoint);
}

interface External {
  readonly endpoint: Endpoint;
  readonly sandbox: Sandbox;
}

/** The sandbox of a key; where there is none, the endpoint's own, unless others are in that. `left` is one that is nobody's then. */
function chooseSandbox(
  context: EngineContext,
  { endpoint, sandbox: own }: External,
  key: string,
): { readonly sandbox: Sandbox; readonly left?: Sandbox } {
  const ofKey = Array.from(context.state.sandboxes).find(
    ({ namespace }) => namespace.kind === "external" && namespace.key === key,
  );
  const isAlone = context.state.endpointsOf(own.id).length === 1;
  if (ofKey !== undefined) return { sandbox: ofKey, ...(ofKey.id !== own.id && isAlone && { left: own }) };
  const empty = isAlone ? own : describeSandbox(endpoint.id, networkOf(context, endpoint));
  return { sandbox: { ...empty, namespace: { kind: "external", key } } };
}

/** Moves an endpoint in the state from one sandbox to another, or renews both. @returns What takes that back. */
function place(context: EngineContext, from: External, to: External): () => void {
  const { state } = context;
  const move = (old: External, fresh: External): void => {
    state.deleteEndpoint(old.endpoint);
    if (old.sandbox.id !== fresh.sandbox.id && state.endpointsOf(old.sandbox.id).length === 0) {
      state.deleteSandbox(old.sandbox);
    }
    state.putSandbox(fresh.sandbox);
    state.putEndpoint(fresh.endpoint);
  };
  const target = state.sandbox(to.sandbox.id);
  move(from, to);
  return () => {
    move(to, from);
    if (target !== undefined) state.putSandbox(target);
  };
}

/** The ports of the endpoint's sandbox are these from now on, and lead to it. */
export async function publishExternalPorts(
  context: EngineContext,
  request: OperationInput<"publishExternalPorts">,
): Promise<readonly PublishedPort[]> {
  const { sandbox, endpoint } = getExternal(context, request.endpoint);
  const chosen = context.state
    .endpointsOf(sandbox.id)
    .map((each) => ({ ...each, gatewayPriority: each.id === endpoint.id ? GATEWAY : 0 }));
  return await changePorts(context, sandbox, chosen, request.ports);
}

export async function withdrawExternalPorts(
  context: EngineContext,
  { endpoint: id }: OperationInput<"withdrawExternalPorts">,
): Promise<null> {
  if (context.state.endpoint(id) === undefined) return null;
  const { sandbox, endpoint } = getExternal(context, id);
  if (endpoint.gatewayPriority === GATEWAY) {
    await changePorts(context, sandbox, [{ ...endpoint, gatewayPriority: 0 }], []);
  }
  return null;
}

/** Priority of the endpoint that the other engine has chosen for the way out: the others have 0. */
const GATEWAY = 1;

async function changePorts(
  context: EngineContext,
  sandbox: Sandbox,
  endpoints: readonly Endpoint[],
  wanted: OperationInput<"publishExternalPorts">["ports"],
): Promise<readonly PublishedPort[]> {
  const elements = elementsOf(context, [sandbox]);
  const before = endpoints.flatMap(({ id }) => context.state.endpoint(id) ?? []);
  const gateways = endpoints.filter(({ gatewayPriority }) => gatewayPriority === GATEWAY);
  const networks = gateways.map((endpoint) => networkOf(context, endpoint));
  let published: Sandbox;
  let changes: ElementChanges;
  try {
    context.state.putSandbox({ ...sandbox, ports: [] }); // its own are free for it
    published = { ...sandbox, ports: choosePorts(context, { ports: wanted, networks: [] }, networks) };
    context.state.putSandbox(published);
    for (const endpoint of endpoints) context.state.putEndpoint(endpoint);
    changes = planElements(elements, elementsOf(context, [published]));
    await applyPlan(context.kernel, changeFirewall(changes), () => keep(context, [published], endpoints));
  } catch (error) {
    context.state.putSandbox(sandbox);
    for (const endpoint of before) context.state.putEndpoint(endpoint);
    context.heldPorts.releaseUnassigned();
    throw error;
  }
  context.heldPorts.assign(sandbox.id, published.ports);
  context.heldPorts.releaseUnassigned();
  cutStaleFlows(context, changes);
  return published.ports;
}

export async function leaveExternalEndpoint(
  context: EngineContext,
  { endpoint: id }: OperationInput<"leaveExternalEndpoint">,
): Promise<null> {
  if (context.state.endpoint(id) === undefined) return null;
  const { endpoint, sandbox } = getExternal(context, id);
  // Before the link goes: who asks for a port from now on is refused, and does not wait for an answer.
  await withdrawExternalPorts(context, { endpoint: id });
  await applyPlan(context.kernel, [{ kind: "delete-links", names: [endpoint.hostLink] }]);
  emit(context, "disconnect", { network: networkOf(context, endpoint), sandbox });
  return null;
}

export async function removeExternalEndpoint(
  context: EngineContext,
  { endpoint: id }: OperationInput<"removeExternalEndpoint">,
): Promise<null> {
  if (context.state.endpoint(id) === undefined) return null;
  await withdrawExternalPorts(context, { endpoint: id }); // they must not lead to another endpoint
  const { endpoint, sandbox } = getExternal(context, id);
  const isLast = context.state.endpointsOf(sandbox.id).length === 1;
  const before = elementsOf(context, [sandbox]);
  context.store.transaction(() => {
    context.store.deleteEndpoint(id);
    if (isLast) context.store.deleteSandbox(sandbox.id);
  });
  forgetEndpoint(context, endpoint);
  if (isLast) context.state.deleteSandbox(sandbox);
  const changes = planElements(before, isLast ? [] : elementsOf(context, [sandbox]));
  await applyPlan(context.kernel, [...changeFirewall(changes), { kind: "delete-links", names: [endpoint.hostLink] }]);
  cutStaleFlows(context, changes);
  if (isLast) context.heldPorts.release(sandbox.id);
  return null;
}

function getExternal(context: EngineContext, id: EndpointId): External {
  const endpoint = context.state.endpoint(id);
  const sandbox = endpoint && context.state.sandbox(endpoint.sandbox);
  if (endpoint === undefined || sandbox?.namespace.kind !== "external") {
    throw new Refusal(
      "not-found",
      `Cannot find endpoint ${short(id)} of another engine: want the id of one that was created`,
    );
  }
  return { endpoint, sandbox };
}

function isExternal(context: EngineContext, { sandbox }: Endpoint): boolean {
  return context.state.sandbox(sandbox)?.namespace.kind === "external";
}

function networkOf(context: EngineContext, endpoint: Endpoint): Network {
  return getNetwork(context.state, endpoint.network);
}

function requireBridge({ name, driver }: Network): BridgeSettings {
  if (driver.kind === "bridge") return driver.settings;
  throw new Refusal("invalid", `Cannot use network ${name} for another engine's endpoint: want one of driver bridge`);
}

function elementsOf(context: EngineContext, sandboxes: readonly Sandbox[]): readonly FirewallElement[] {
  return sandboxes.flatMap((sandbox) => sandboxElements(context.state, sandbox, context.facts));
}

function changeFirewall({ add, remove }: ElementChanges): readonly Operation[] {
  return add.length + remove.length === 0 ? [] : [{ kind: "change-firewall", add, remove }];
}

function keep({ store }: EngineContext, sandboxes: readonly Sandbox[], endpoints: readonly Endpoint[]): void {
  store.transaction(() => {
    for (const sandbox of sandboxes) store.putSandbox(sandbox);
    for (const endpoint of endpoints) store.putEndpoint(endpoint);
  });
}

/** As many digits as Docker shows. */
function short(id: EndpointId): string {
  return id.slice(0, 12);
}
