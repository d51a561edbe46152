import { rmSync, statSync } from "node:fs";
import { type OperationInput, Refusal, type SandboxRequest, type SandboxView } from "../contract/mod.ts";
import {
  hasEndpoints,
  type NamespaceIdentity,
  type Network,
  parseSandboxId,
  type Sandbox,
  type SandboxNamespace,
} from "../model/mod.ts";
import { readBootId, signalNumber } from "../processes/mod.ts";
import { currentNetns, type Netns, netnsCookie, openNetns, readHostResolver } from "../sys/mod.ts";
import { applyPlan } from "./apply/apply-plan.ts";
import { choosePorts } from "./choose-ports.ts";
import { type EngineContext, emit, netnsPath } from "./context.ts";
import { connect, forgetEndpoint, planEndpointRemoval, planHostRoutes } from "./endpoints.ts";
import { planElements, sandboxElements } from "./firewall/elements.ts";
import { randomId } from "./identifiers.ts";
import { getNetwork, getSandbox } from "./lookup.ts";
import { applyNames, sandboxNames } from "./names.ts";
import { isMissingDefault, makeMissingDefault } from "./networks.ts";
import { requireServableNetwork } from "./parents.ts";
import type { Operation } from "./plan/operation.ts";
import { refreshSandboxFiles, sandboxFolder } from "./sandbox-files.ts";
import { cutStaleFlows } from "./stale-flows.ts";
import { takeBack } from "./take-back.ts";
import { viewSandbox } from "./views.ts";

/** Makes a sandbox with its networks and ports; its process is started by the caller. On failure nothing is left. */
export async function createSandbox(context: EngineContext, request: SandboxRequest): Promise<Sandbox> {
  if (context.state.sandboxNamed(request.name) !== undefined) {
    throw new Refusal(
      "conflict",
      `Cannot create sandbox ${request.name}: there is one of that name, want another name`,
      { reason: { code: "name-taken", what: "sandbox", name: request.name } },
    );
  }
  await using undo = new AsyncDisposableStack();
  const networks = await findNetworks(context, request, undo);
  try {
    const sandbox = describeSandbox(context, request, networks);
    await makeSandbox(context, request, sandbox);
    undo.move(); // the default network stays
    context.namespaces.follow(sandbox);
    emit(context, "sandbox-create", { sandbox });
    return sandbox;
  } finally {
    context.heldPorts.releaseUnassigned(); // of a sandbox that did not come about
  }
}

async function makeSandbox(context: EngineContext, request: SandboxRequest, sandbox: Sandbox): Promise<void> {
  const path = netnsPath(context, sandbox);
  try {
    context.heldPorts.assign(sandbox.id, sandbox.ports);
    context.state.putSandbox(sandbox);
    const held = sandboxElements(context.state, sandbox, context.facts);
    await applyPlan(context.kernel, [
      ...(sandbox.namespace.kind === "own" && path !== undefined
        ? [{ kind: "create-netns", sandbox, path } as const]
        : []),
      ...(held.length > 0 ? [{ kind: "change-firewall", add: held, remove: [] } as const] : []),
    ]);
    refreshSandboxFiles(context, sandbox);
    await applyNames(context, sandboxNames(context, sandbox, readHostResolver()));
    for (const wish of request.networks) {
      if (hasEndpoints(getNetwork(context.state, wish.network).driver.kind))
        await connect(context, sandbox, wish, () => {});
    }
    // All at once and last: a sandbox that a crash left half made is not in the store, and the next start clears it away.
    context.store.transaction(() => {
      context.store.putSandbox(sandbox);
      for (const endpoint of context.state.endpointsOf(sandbox.id)) context.store.putEndpoint(endpoint);
      // Of a daemon that is killed before it has started the program, the next one finishes the work.
      if (sandbox.process !== undefined && request.start) {
        context.store.putProcess({ sandbox: sandbox.id, state: "restarting", wanted: true, restarts: 0 });
      }
    });
  } catch (error) {
    await takeBack(context, `sandbox ${sandbox.name}`, () => takeDown(context, sandbox));
    throw error;
  }
}

/** The networks that a request names. `undo` takes back what it makes. */
async function findNetworks(
  context: EngineContext,
  request: SandboxRequest,
  undo: AsyncDisposableStack,
): Promise<readonly Network[]> {
  // First all others: a request that fails leaves no network behind.
  for (const { network } of request.networks)
    if (!isMissingDefault(context, network)) getNetwork(context.state, network);
  for (const { network } of request.networks) await makeMissingDefault(context, network, undo);
  return request.networks.map(({ network }) => getNetwork(context.state, network));
}

function describeSandbox(context: EngineContext, request: SandboxRequest, networks: readonly Network[]): Sandbox {
  const id = parseSandboxId(randomId());
  const namespace = chooseNamespace(context, request, networks);
  if (request.ports.length > 0 && namespace.kind !== "own" && namespace.kind !== "foreign") {
    throw new Refusal(
      "invalid",
      `Cannot publish ports of sandbox ${request.name}: it shares a namespace, want them published where that belongs to`,
    );
  }
  if (request.ports.length > 0) requireServableNetwork(request.name, networks);
  return {
    id,
    name: request.name,
    created: new Date().toISOString(),
    namespace,
    hostname: request.hostname ?? id.slice(0, 12),
    ...(request.domainname !== undefined && { domainname: request.domainname }),
    resolver: request.resolver,
    extraHosts: request.extraHosts,
    ports: choosePorts(context, request, networks),
    labels: request.labels,
    ...(request.process !== undefined && { process: definedProcess(request.process) }),
    autoRemove: request.autoRemove,
  };
}

function definedProcess({
  user,
  healthcheck,
  ...rest
}: NonNullable<SandboxRequest["process"]>): NonNullable<Sandbox["process"]> {
  signalNumber(rest.stopSignal); // now, not when it is to be stopped
  return { ...rest, ...(user !== undefined && { user }), ...(healthcheck !== undefined && { healthcheck }) };
}

function chooseNamespace(
  context: EngineContext,
  request: SandboxRequest,
  networks: readonly Network[],
): SandboxNamespace {
  const template = networks.find(({ driver }) => driver.kind === "template");
  if (template !== undefined) {
    throw new Refusal(
      "invalid",
      `Cannot create sandbox ${request.name} on network ${template.name}: it only configures others, want one that was made after it`,
    );
  }
  const special = networks.find(({ driver }) => !hasEndpoints(driver.kind));
  if (special !== undefined && networks.length > 1) {
    throw new Refusal(
      "invalid",
      `Cannot create sandbox ${request.name} on network ${special.name} and others: want ${special.name} alone, or without it`,
    );
  }
  if (special?.driver.kind === "host") return { kind: "host" };
  const wanted = request.namespace;
  switch (wanted.kind) {
    case "own":
    case "host":
      return { kind: wanted.kind };
    case "path":
    case "pid":
      return openForeign(context, wanted.kind === "pid" ? `/proc/${wanted.pid}/ns/net` : wanted.path);
    case "shared":
      return { kind: "shared", sandbox: getSandbox(context.state, wanted.sandbox).id };
  }
}

/** @throws {Refusal} when the path opens no network namespace, or one that is the host's or a sandbox's. */
function openForeign(context: EngineContext, path: string): SandboxNamespace {
  using netns = openNamespace(path);
  using host = currentNetns();
  if (netns.isSame(host)) {
    throw new Refusal("invalid", `Cannot use namespace ${path}: it is the host's own, want network host for that`);
  }
  const identity = { bootId: readBootId(), cookie: netnsCookie(netns) };
  const holder = Array.from(context.state.sandboxes).find((other) => holdsNetns(context, other, netns, identity));
  if (holder !== undefined) {
    throw new Refusal(
      "conflict",
      `Cannot use namespace ${path}: it is sandbox ${holder.name}'s, want another namespace, or a sandbox that shares it`,
    );
  }
  return { kind: "foreign", path, identity };
}

function openNamespace(path: string): Netns {
  try {
    return openNetns(path);
  } catch (error) {
    throw new Refusal(
      "invalid",
      `Cannot use namespace ${path}: want the path of a network namespace, such as /run/netns/NAME (${error instanceof Error ? error.message : error})`,
    );
  }
}

function holdsNetns(context: EngineContext, other: Sandbox, netns: Netns, identity: NamespaceIdentity): boolean {
  const { namespace } = other;
  if (context.dead.has(other.id)) return false;
  if (namespace.kind === "foreign") return namespace.identity?.cookie === identity.cookie;
  const path = namespace.kind === "own" ? netnsPath(context, other) : undefined;
  const found = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  return found?.dev === netns.identity.dev && found.ino === netns.identity.ino;
}

export async function removeSandbox(
  context: EngineContext,
  { sandbox: reference, force }: OperationInput<"removeSandbox">,
): Promise<null> {
  const sandbox = getSandbox(context.state, reference);
  if (!force && context.supervisor.record(sandbox.id)?.state === "running") {
    throw new Refusal(
      "in-use",
      `Cannot remove sandbox ${sandbox.name}: it is running, want it stopped first, or force`,
    );
  }
  const guest = Array.from(context.state.sandboxes).find(
    ({ namespace }) => namespace.kind === "shared" && namespace.sandbox === sandbox.id,
  );
  if (guest !== undefined) {
    throw new Refusal(
      "in-use",
      `Cannot remove sandbox ${sandbox.name}: sandbox ${guest.name} shares its namespace, want that removed first`,
    );
  }
  await dropSandbox(context, sandbox);
  emit(context, "sandbox-remove", { sandbox });
  return null;
}

/** Goes on with the removals that an earlier daemon had begun. */
export async function finishRemovals(context: EngineContext): Promise<void> {
  for (const sandbox of [...context.state.sandboxes])
    if (sandbox.removing === true) await removeEnded(context, sandbox);
}

/** Of a sandbox that goes with its program, which has ended. */
export async function removeEnded(context: EngineContext, { id, name }: Sandbox): Promise<void> {
  try {
    if (context.state.sandbox(id) !== undefined) await removeSandbox(context, { sandbox: id, force: true });
  } catch (error) {
    context.log(
      "error",
      `Cannot remove sandbox ${name}, which has ended: ${error instanceof Error ? error.message : error}`,
    );
  }
}

async function dropSandbox(context: EngineContext, sandbox: Sandbox): Promise<void> {
  const path = netnsPath(context, sandbox);
  // Ending programs takes a while, and cannot be undone: whatever happens meanwhile, from here on the sandbox goes.
  if (sandbox.process !== undefined) context.store.putSandbox({ ...sandbox, removing: true });
  await context.supervisor.remove(sandbox, sandbox.namespace.kind === "own" ? path : undefined);
  context.store.transaction(() => {
    for (const { id } of context.state.endpointsOf(sandbox.id)) context.store.deleteEndpoint(id);
    context.store.deleteSandbox(sandbox.id);
  });
  await takeDown(context, sandbox);
}

/** Takes a sandbox that is not in the store, or no longer, out of everything else: also one that is half made. */
async function takeDown(context: EngineContext, sandbox: Sandbox): Promise<void> {
  const path = netnsPath(context, sandbox);
  const endpoints = context.state.endpointsOf(sandbox.id);
  const elements = sandboxElements(context.state, sandbox, context.facts);
  const removal = planEndpointRemoval(context, sandbox, endpoints, path);
  const networks = endpoints.flatMap(({ network }) => context.state.network(network) ?? []);
  context.namespaces.release(sandbox.id);
  for (const endpoint of endpoints) forgetEndpoint(context, endpoint);
  context.state.deleteSandbox(sandbox);
  await applyNames(context, [
    ...endpoints.map(({ id }) => ({ kind: "remove-endpoint", id }) as const),
    { kind: "remove-sandbox", id: sandbox.id },
  ]);
  const operations: Operation[] = [];
  if (elements.length > 0) operations.push({ kind: "change-firewall", add: [], remove: elements });
  operations.push(...removal);
  for (const network of networks) operations.push(...planHostRoutes(context, network));
  if (sandbox.namespace.kind === "own" && path !== undefined) operations.push({ kind: "delete-netns", sandbox, path });
  await applyPlan(context.kernel, operations);
  cutStaleFlows(context, planElements(elements, []));
  context.heldPorts.release(sandbox.id);
  context.dead.delete(sandbox.id);
  context.supervisor.forget(sandbox);
  rmSync(sandboxFolder(context, sandbox), { recursive: true, force: true });
}

export async function startSandbox(context: EngineContext, reference: string): Promise<SandboxView> {
  const sandbox = getSandbox(context.state, reference);
  await context.supervisor.start(sandbox);
  return viewSandbox(context, sandbox);
}

export async function stopSandbox(
  context: EngineContext,
  { sandbox: reference, timeoutMs }: OperationInput<"stopSandbox">,
): Promise<SandboxView> {
  const sandbox = getSandbox(context.state, reference);
  await context.supervisor.stop(sandbox, timeoutMs === undefined ? {} : { timeoutMs });
  return viewSandbox(context, sandbox);
}
