import type { Endpoint } from "../../model/mod.ts";
import type { EngineContext } from "../context.ts";
import { removeExternalEndpoint } from "../external-endpoints.ts";

/** Milliseconds after which another engine has taken the link that it asked for, if it is ever going to. */
const TAKEN_BY_MS = 60_000;

/**
 * Removes endpoints of other engines that ended while no daemon of ours was there to be told: by now that engine may have forgotten
 * them. A container's end takes its link along; a link that is back in the host's namespace was given back, unless its container is
 * just being started.
 */
export async function takeUpExternal(context: EngineContext): Promise<Disposable> {
  const joined = Array.from(context.state.endpoints).filter((endpoint) => hasJoined(context, endpoint));
  for (const endpoint of joined) if (!hasLink(context, endpoint.hostLink)) await bury(context, endpoint);
  const waiting = joined.filter(({ interfaceName }) => hasLink(context, interfaceName));
  if (waiting.length === 0) return { [Symbol.dispose]() {} };
  const timer = setTimeout(() => void context.changes.run(() => buryReturned(context, waiting)), TAKEN_BY_MS);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

function hasJoined({ state }: EngineContext, { sandbox }: Endpoint): boolean {
  const namespace = state.sandbox(sandbox)?.namespace;
  return namespace?.kind === "external" && namespace.key !== undefined;
}

function hasLink({ kernel }: EngineContext, name: Endpoint["hostLink"]): boolean {
  return kernel.route.links.findIndex(name) !== undefined;
}

async function buryReturned(context: EngineContext, endpoints: readonly Endpoint[]): Promise<void> {
  for (const endpoint of endpoints) {
    if (hasJoined(context, endpoint) && hasLink(context, endpoint.interfaceName)) await bury(context, endpoint);
  }
}

async function bury(context: EngineContext, { id, sandbox }: Endpoint): Promise<void> {
  const name = context.state.sandbox(sandbox)?.name;
  try {
    await removeExternalEndpoint(context, { endpoint: id });
    context.log("info", `sandbox ${name} has ended while no daemon was there: its addresses and ports are free`);
  } catch (error) {
    context.log("error", `Cannot free what sandbox ${name} had: ${error instanceof Error ? error.message : error}`);
  }
}
