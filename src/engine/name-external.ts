import type { OperationInput } from "../contract/mod.ts";
import { type NetworkOwner, type ObjectName, parseObjectName } from "../model/mod.ts";
import type { EngineContext } from "./context.ts";

/**
 * Calls networks and sandboxes of another engine what its users call them, behind the engine's own name, so that ours never meet
 * theirs. One that is not known, or whose name another has, stays as it is.
 */
export function nameExternal(context: EngineContext, request: OperationInput<"nameExternal">): null {
  const { state, store } = context;
  for (const { id, name } of request.networks) {
    const network = state.network(id);
    const wanted = ownedName(request.owner, name);
    if (network?.owner !== request.owner || wanted === undefined || state.networkNamed(wanted) !== undefined) continue;
    store.putNetwork({ ...network, name: wanted });
    state.putNetwork({ ...network, name: wanted });
  }
  for (const { id, name } of request.endpoints) {
    const endpoint = state.endpoint(id);
    const sandbox = endpoint && state.sandbox(endpoint.sandbox);
    const wanted = ownedName(request.owner, name);
    if (sandbox?.namespace.kind !== "external" || wanted === undefined) continue;
    if (state.sandboxNamed(wanted) !== undefined) continue;
    store.putSandbox({ ...sandbox, name: wanted });
    state.putSandbox({ ...sandbox, name: wanted });
  }
  return null;
}

function ownedName(owner: NetworkOwner, name: string): ObjectName | undefined {
  try {
    return parseObjectName(`${owner}-${name}`);
  } catch {
    return undefined; // longer than ours may be
  }
}
