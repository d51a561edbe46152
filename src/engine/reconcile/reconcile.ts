import { statfsSync } from "node:fs";
import type { Endpoint, Sandbox } from "../../model/mod.ts";
import { unbindNetns } from "../../sys/mod.ts";
import { applyEach } from "../apply/apply-plan.ts";
import { type EngineContext, emit, netnsPath } from "../context.ts";
import { parentOf } from "../drivers/driver.ts";
import { desiredElements } from "../firewall/elements.ts";
import { planForwarding } from "../networks.ts";
import { planHost } from "../plan/host-plan.ts";
import { formatOperation, type Operation } from "../plan/operation.ts";
import { type ObservedParents, planSandbox } from "../plan/sandbox-plan.ts";
import { listDirectory, observeHost, observeLinks, observeParents, observeSandbox } from "./observe.ts";
import { type Suspicion, scopeOf } from "./suspicion.ts";

/** `NSFS_MAGIC` of include/uapi/linux/magic.h: a file that a namespace is bound to is on this filesystem. */
const NSFS_MAGIC = 0x6e736673;
/** `weft info` tells for an hour of what could not be repaired. */
const FAILURE_SHOWN_MS = 60 * 60_000;

/**
 * Puts host and sandboxes to what the state says: what a crash left half made, what somebody changed while no daemon
 * looked, what a reboot took. Doing it again afterwards finds nothing to do.
 */
export async function reconcile(context: EngineContext): Promise<void> {
  const path = pathIn(context);
  clearStrayNamespaces(context);
  await carryOut(context, Array.from(context.state.networks).flatMap(planForwarding));
  await carryOut(context, planNamespaces(context));
  await carryOut(context, planFirewall(context));
  await carryOut(context, planHost(context.state, observeHost(context.kernel.route), context.facts, path));
  const parents = observeParents(context.kernel.route, context.state.networks);
  const remains = Array.from(context.state.networks).some((network) => parentOf(network) !== undefined);
  for (const sandbox of context.state.sandboxes)
    await carryOut(context, planInside(context, sandbox, parents, { remains }));
}

function planInside(
  context: EngineContext,
  sandbox: Sandbox,
  parents: ObservedParents,
  { remains }: { readonly remains: boolean },
): readonly Operation[] {
  const path = pathIn(context);
  const at = path(sandbox);
  const interfaces = context.state.endpointsOf(sandbox.id).map(({ interfaceName }) => interfaceName);
  const isEmpty = interfaces.length === 0 && (!remains || sandbox.namespace.kind === "shared");
  if (at === undefined || isEmpty) return []; // nothing of ours is in there
  const observed = observeSandbox(at, interfaces, { remains });
  return observed === undefined ? [] : planSandbox(context.state, sandbox, observed, parents, context.facts, path);
}

/**
 * Puts back what somebody may have touched, while the daemon runs. It looks at that alone: with a thousand sandboxes, looking
 * at all would take longer than the hundred milliseconds that a repair may.
 *
 * Served are the host's side of things: table, bridges, the host's ends of pairs, a pair that is gone altogether, and what lay
 * on a parent that is another one now. What is inside a sandbox is its programs' own while they run, as it is with Docker: an
 * address that its root deletes there, or a link set down, is put back by the next start of the daemon, which looks into every
 * sandbox.
 *
 * @returns What was done, or tried.
 */
export async function repair(context: EngineContext, suspicion: Suspicion): Promise<readonly Operation[]> {
  const tried: Operation[] = [];
  const perform = async (operations: readonly Operation[]): Promise<void> => {
    tried.push(...operations);
    await carryOut(context, operations);
  };
  const performOnParents = async (endpoints: Iterable<Endpoint>): Promise<void> => {
    for (const sandbox of sandboxesOnParents(context, endpoints)) {
      const parents = observeParents(context.kernel.route, context.state.networks);
      await perform(planInside(context, sandbox, parents, { remains: false }));
    }
  };
  // Each is looked at when those before it are done: a repair of links must not go by a look from before an await.
  if (suspicion.firewall) await perform(planFirewall(context));
  const { route } = context.kernel;
  if (suspicion.everything) {
    await perform(planHost(context.state, observeHost(route), context.facts, pathIn(context)));
    await performOnParents(context.state.endpoints);
  } else if (suspicion.links.size > 0) {
    const scope = scopeOf(context.state, suspicion);
    const observed = observeLinks(route, scope.names);
    await perform(planHost(context.state, observed, context.facts, pathIn(context), scope));
    await performOnParents(scope.endpoints);
  }
  return tried;
}

/** The sandboxes of endpoints whose links are in the sandbox alone. */
function sandboxesOnParents({ state }: EngineContext, endpoints: Iterable<Endpoint>): readonly Sandbox[] {
  const ids = Array.from(endpoints).flatMap(({ network: id, sandbox }) => {
    const network = state.network(id);
    return network !== undefined && parentOf(network) !== undefined ? [sandbox] : [];
  });
  return [...new Set(ids)].flatMap((id) => state.sandbox(id) ?? []);
}

function pathIn(context: EngineContext): (sandbox: Sandbox) => string | undefined {
  return (sandbox) => netnsPath(context, sandbox);
}

/** Applies what can be, and says what was repaired and what could not be. */
async function carryOut(context: EngineContext, operations: readonly Operation[]): Promise<void> {
  if (operations.length === 0) return;
  const failures = await applyEach(context.kernel, operations);
  for (const { message } of failures) {
    context.log("error", message);
    context.warnings.set(message, message, { lastingMs: FAILURE_SHOWN_MS });
  }
  const failed = new Set(failures.map(({ operation }) => operation));
  for (const operation of operations) {
    if (failed.has(operation)) continue;
    const detail = formatOperation(operation);
    context.log("info", `repaired: ${detail}`);
    emit(context, "repair", { detail });
  }
}

function planFirewall(context: EngineContext): readonly Operation[] {
  const elements = desiredElements(context.state, context.facts);
  if (context.kernel.firewall.matches(elements)) return [];
  return [{ kind: "install-firewall", elements: [...elements.values()] }];
}

/** Namespaces that no sandbox of the store has: of a creation or a removal that a crash cut short. */
function clearStrayNamespaces({ runDirectory, state }: EngineContext): void {
  const directory = `${runDirectory}/netns`;
  const known = new Set<string>(Array.from(state.sandboxes, ({ id }) => id));
  for (const name of listDirectory(directory)) if (!known.has(name)) unbindNetns(`${directory}/${name}`);
}

/** Namespaces of ours that are gone: after a reboot, all of them. */
function planNamespaces(context: EngineContext): readonly Operation[] {
  return Array.from(context.state.sandboxes).flatMap((sandbox): readonly Operation[] => {
    const path = sandbox.namespace.kind === "own" ? netnsPath(context, sandbox) : undefined;
    if (path === undefined || isBound(path)) return [];
    return [
      { kind: "delete-netns", sandbox, path }, // a file with nothing bound to it would be in the way
      { kind: "create-netns", sandbox, path },
    ];
  });
}

function isBound(path: string): boolean {
  try {
    return statfsSync(path).type === NSFS_MAGIC;
  } catch {
    return false;
  }
}
