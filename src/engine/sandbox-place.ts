import { Refusal } from "../contract/mod.ts";
import type { Sandbox } from "../model/mod.ts";
import type { SandboxPlace } from "../processes/mod.ts";
import { type EngineContext, netnsPath } from "./context.ts";
import { sandboxFolder } from "./sandbox-files.ts";

type PlaceContext = Pick<EngineContext, "runDirectory" | "state" | "dead">;

/**
 * Where programs of a sandbox start. One that shares another's network shares its names too, as with Docker: /etc/hosts must tell the addresses that
 * it has.
 *
 * @throws {Refusal} when its network namespace is gone.
 */
export function sandboxPlace(context: PlaceContext, sandbox: Sandbox): SandboxPlace {
  const owner = namesakeOf(context, sandbox);
  const path = netnsPath(context, sandbox);
  if (owner.namespace.kind === "external") {
    throw new Refusal(
      "invalid",
      `Cannot run a program in sandbox ${sandbox.name}: it is another engine's, want that asked`,
    );
  }
  if (path === undefined && owner.namespace.kind !== "host") {
    throw new Refusal("conflict", `Cannot run a program in sandbox ${sandbox.name}: its network namespace is gone`);
  }
  // On the host's network it has the host's name, unless it was given one.
  const isHosts = owner.namespace.kind === "host" && owner.hostname === owner.id.slice(0, 12);
  return {
    ...(path !== undefined && { netnsPath: path }),
    netnsDirectory: `${context.runDirectory}/netns`,
    folder: sandboxFolder(context, owner),
    ...(!isHosts && { hostname: owner.hostname }),
    ...(!isHosts && owner.domainname !== undefined && { domainname: owner.domainname }),
  };
}

/** The sandbox whose network a sandbox is on: mostly itself. */
function namesakeOf(context: PlaceContext, sandbox: Sandbox): Sandbox {
  const { namespace } = sandbox;
  const owner = namespace.kind === "shared" ? context.state.sandbox(namespace.sandbox) : undefined;
  return owner === undefined ? sandbox : namesakeOf(context, owner);
}
