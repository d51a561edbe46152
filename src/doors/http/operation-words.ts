import type { OperationName } from "../../contract/mod.ts";

/** How a sentence names what was asked for: "Cannot create network: …". */
export const operationWords: Readonly<Record<OperationName, string>> = {
  info: "read the engine's state",
  createNetwork: "create network",
  listNetworks: "list networks",
  getNetwork: "inspect network",
  removeNetwork: "remove network",
  pruneNetworks: "prune networks",
  connect: "connect to network",
  disconnect: "disconnect from network",
  createSandbox: "create sandbox",
  listSandboxes: "list sandboxes",
  getSandbox: "inspect sandbox",
  startSandbox: "start sandbox",
  stopSandbox: "stop sandbox",
  removeSandbox: "remove sandbox",
  prepareExec: "run a command in sandbox",
  logs: "read logs of sandbox",
  events: "watch events",
};
