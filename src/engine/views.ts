import type { EndpointView, NetworkView, SandboxStatus, SandboxView } from "../contract/mod.ts";
import type { Endpoint, Network, Sandbox } from "../model/mod.ts";
import { type EngineContext, netnsPath } from "./context.ts";

export function viewEndpoint(context: EngineContext, endpoint: Endpoint): EndpointView {
  return {
    ...endpoint,
    networkName: context.state.network(endpoint.network)?.name ?? "",
    sandboxName: context.state.sandbox(endpoint.sandbox)?.name ?? "",
  };
}

export function viewNetwork(context: EngineContext, network: Network): NetworkView {
  return {
    ...network,
    endpoints: context.state.endpointsOn(network.id).map((endpoint) => viewEndpoint(context, endpoint)),
  };
}

export function viewSandbox(context: EngineContext, sandbox: Sandbox): SandboxView {
  return {
    ...sandbox,
    status: statusOf(context, sandbox),
    endpoints: context.state.endpointsOf(sandbox.id).map((endpoint) => viewEndpoint(context, endpoint)),
    netnsPath: netnsPath(context, sandbox) ?? pathToLook(sandbox),
  };
}

/** Opens a namespace that is not ours to change, for those who look; empty when nobody knows. */
function pathToLook({ namespace }: Sandbox): string {
  switch (namespace.kind) {
    case "host":
      return `/proc/${process.pid}/ns/net`;
    case "external": // Docker's key is a path
      return namespace.key?.startsWith("/") === true ? namespace.key : "";
    default:
      return "";
  }
}

function statusOf(context: EngineContext, sandbox: Sandbox): SandboxStatus {
  const { namespace } = sandbox;
  if (context.dead.has(namespace.kind === "shared" ? namespace.sandbox : sandbox.id)) return { state: "dead" };
  if (namespace.kind === "external") return { state: namespace.key === undefined ? "created" : "running" };
  const record = context.supervisor.record(sandbox.id);
  if (record === undefined) return { state: sandbox.process === undefined ? "running" : "created" };
  // Its launcher has a process already: to those who look, it is neither running nor being started again yet.
  const isFirstStart = record.state === "restarting" && record.identity !== undefined && record.restarts === 0;
  if (isFirstStart) return { state: "created" };
  return {
    state: record.state,
    ...(record.identity !== undefined && { pid: record.identity.pid }),
    ...(record.exitCode !== undefined && { exitCode: record.exitCode }),
    ...(record.startedAt !== undefined && { startedAt: record.startedAt }),
    ...(record.finishedAt !== undefined && { finishedAt: record.finishedAt }),
    ...(record.health !== undefined && { health: record.health }),
    ...(record.failure !== undefined && { failure: record.failure }),
  };
}
