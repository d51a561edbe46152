import type { NamespaceIdentity, Sandbox } from "../../model/mod.ts";
import { readBootId } from "../../processes/mod.ts";
import { type Errno, netnsCookie, openNetns, SystemCallError } from "../../sys/mod.ts";
import { applyEach } from "../apply/apply-plan.ts";
import { type EngineContext, emit } from "../context.ts";
import { forgetEndpoint, planEndpointRemoval, planHostRoutes } from "../endpoints.ts";
import { planElements, sandboxElements } from "../firewall/elements.ts";
import { applyNames } from "../names.ts";
import type { Operation } from "../plan/operation.ts";
import { cutStaleFlows } from "../stale-flows.ts";
import { pidOf } from "./namespace-watch.ts";

/** What the kernel says of a path that opens no namespace any more; EINVAL: a file with nothing bound to it. */
const GONE: readonly Errno[] = ["ENOENT", "ESRCH", "ENOTDIR", "EINVAL"];

/**
 * Which namespace a path opens now; `undefined` when it opens none.
 *
 * @throws {SystemCallError} when that cannot be told, such as for want of descriptors: nobody is buried alive.
 */
function identifyNamespace(path: string): NamespaceIdentity | undefined {
  try {
    using netns = openNetns(path);
    return { bootId: readBootId(), cookie: netnsCookie(netns) };
  } catch (error) {
    if (error instanceof SystemCallError && GONE.includes(error.errno)) return undefined;
    throw error;
  }
}

/**
 * Finds out at the start which namespaces of others are still there. After another boot a path is taken to open the
 * namespace that its owner made again; a process of before is gone for certain, whoever has its number now.
 */
export async function takeUpForeign(context: EngineContext): Promise<void> {
  for (const sandbox of [...context.state.sandboxes]) {
    const { namespace } = sandbox;
    if (namespace.kind !== "foreign") continue;
    if (namespace.ended === true) {
      context.dead.add(sandbox.id);
      continue;
    }
    const now = identifyNamespace(namespace.path);
    const sameBoot = namespace.identity?.bootId === readBootId();
    const isThere = sameBoot ? now?.cookie === namespace.identity?.cookie : pidOf(namespace.path) === undefined;
    if (now === undefined || !isThere) await bury(context, sandbox);
    else {
      if (!sameBoot) keep(context, { ...sandbox, namespace: { ...namespace, identity: now } });
      context.namespaces.follow(sandbox);
    }
  }
}

/** Buries a sandbox if its namespace is gone, or its path opens another. */
export async function buryIfGone(context: EngineContext, id: Sandbox["id"]): Promise<void> {
  const sandbox = context.state.sandbox(id);
  if (sandbox?.namespace.kind !== "foreign" || context.dead.has(id)) return;
  const now = identifyNamespace(sandbox.namespace.path);
  if (now === undefined || now.cookie !== sandbox.namespace.identity?.cookie) await bury(context, sandbox);
}

/**
 * Frees all that a sandbox had whose namespace is gone: addresses, names, published ports, links. The sandbox itself stays,
 * dead, until somebody removes it: he who made it shall see what became of it. It does not come back to life, since its
 * addresses may be another's by then. The sockets of the name server are closed, or they would keep the namespace alive.
 */
async function bury(context: EngineContext, sandbox: Sandbox): Promise<void> {
  if (sandbox.namespace.kind !== "foreign") return;
  const endpoints = context.state.endpointsOf(sandbox.id);
  const elements = sandboxElements(context.state, sandbox, context.facts);
  context.dead.add(sandbox.id);
  context.namespaces.release(sandbox.id);
  const buried: Sandbox = { ...sandbox, ports: [], namespace: { ...sandbox.namespace, ended: true } };
  context.store.transaction(() => {
    for (const { id } of endpoints) context.store.deleteEndpoint(id);
    context.store.putSandbox(buried);
  });
  for (const endpoint of endpoints) forgetEndpoint(context, endpoint);
  context.state.putSandbox(buried);
  const names = applyNames(context, [
    ...endpoints.map(({ id }) => ({ kind: "remove-endpoint", id }) as const),
    { kind: "remove-sandbox", id: sandbox.id },
  ]);
  const operations: Operation[] = [];
  if (elements.length > 0) operations.push({ kind: "change-firewall", add: [], remove: elements });
  operations.push(...planEndpointRemoval(context, buried, endpoints, undefined));
  for (const { network: id } of endpoints) {
    const network = context.state.network(id);
    if (network !== undefined) operations.push(...planHostRoutes(context, network));
  }
  for (const failure of await applyEach(context.kernel, operations)) context.log("error", failure.message);
  cutStaleFlows(context, planElements(elements, []));
  context.heldPorts.release(sandbox.id);
  await names;
  const detail = `the network namespace ${sandbox.namespace.path} of sandbox ${sandbox.name} is gone: its addresses and ports are free`;
  context.log("info", detail);
  emit(context, "sandbox-exit", { sandbox, detail });
}

function keep(context: EngineContext, sandbox: Sandbox): void {
  context.store.putSandbox(sandbox);
  context.state.putSandbox(sandbox);
}
