import { statfsSync } from "node:fs";
import type { Sandbox } from "../../model/mod.ts";
import { unbindNetns } from "../../sys/mod.ts";
import { applyEach } from "../apply/apply-plan.ts";
import { type EngineContext, emit, netnsPath } from "../context.ts";
import { desiredElements } from "../firewall/elements.ts";
import { planForwarding } from "../networks.ts";
import { planHost } from "../plan/host-plan.ts";
import { formatOperation, type Operation } from "../plan/operation.ts";
import { planSandbox } from "../plan/sandbox-plan.ts";
import { listDirectory, observeHost, observeSandbox } from "./observe.ts";

/** `NSFS_MAGIC` of include/uapi/linux/magic.h: a file that a namespace is bound to is on this filesystem. */
const NSFS_MAGIC = 0x6e736673;

/**
 * Puts the host to what the state says: what a crash left half made, what somebody deleted, what a reboot took.
 * Planning and applying again afterwards finds nothing to do.
 *
 * @param depth `all` looks into every sandbox too; `host` only into those whose links are missing.
 */
export async function reconcile(context: EngineContext, depth: "all" | "host"): Promise<readonly Operation[]> {
  const path = (sandbox: Sandbox): string | undefined => netnsPath(context, sandbox);
  const done: Operation[] = [];
  const perform = async (operations: readonly Operation[]): Promise<void> => {
    done.push(...operations);
    for (const failure of await applyEach(context.kernel, operations)) context.log("error", failure.message);
  };

  if (depth === "all") {
    clearStrayNamespaces(context);
    await perform(Array.from(context.state.networks).flatMap(planForwarding));
    await perform(planNamespaces(context));
  }
  const elements = desiredElements(context.state);
  if (!context.kernel.firewall.matches(elements))
    await perform([{ kind: "install-firewall", elements: [...elements.values()] }]);
  await perform(planHost(context.state, observeHost(context.kernel.route), context.facts, path));
  if (depth === "all") {
    for (const sandbox of context.state.sandboxes) {
      const at = path(sandbox);
      const observed = at === undefined || sandbox.namespace.kind === "shared" ? undefined : observeSandbox(at);
      if (observed !== undefined) await perform(planSandbox(context.state, sandbox, observed, context.facts, path));
    }
  }
  for (const operation of done) {
    context.log("info", `repaired: ${formatOperation(operation)}`);
    emit(context, { kind: "repair", detail: formatOperation(operation) });
  }
  return done;
}

/** Namespaces that no sandbox of the store has: of a creation that a crash cut short. */
function clearStrayNamespaces(context: EngineContext): void {
  const directory = `${context.runDirectory}/netns`;
  const known = new Set<string>(Array.from(context.state.sandboxes, ({ id }) => id));
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
