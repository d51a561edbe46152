import {
  type EndpointView,
  type EngineContract,
  type EngineEvent,
  type EngineInfo,
  type OperationInput,
  Refusal,
} from "../contract/mod.ts";
import type { NetworkId } from "../model/mod.ts";
import type { IpAddress } from "../net/mod.ts";
import type { EngineContext } from "./context.ts";
import { connect, disconnect } from "./endpoints.ts";
import {
  createExternalEndpoint,
  joinExternalEndpoint,
  leaveExternalEndpoint,
  publishExternalPorts,
  removeExternalEndpoint,
  withdrawExternalPorts,
} from "./external-endpoints.ts";
import { hostWarnings, readHostCondition } from "./host-warnings.ts";
import { awaitLease } from "./leased-endpoints.ts";
import { getNetwork, getSandbox } from "./lookup.ts";
import { nameExternal } from "./name-external.ts";
import { createNetwork, makeMissingDefault, pruneNetworks, removeNetwork } from "./networks.ts";
import { toRefusal } from "./refuse.ts";
import { releaseAddress, releasePool, reserveAddress, reservePool } from "./reserved-pools.ts";
import { createSandbox, removeSandbox, startSandbox, stopSandbox } from "./sandboxes.ts";
import { takeBack } from "./take-back.ts";
import { viewEndpoint, viewNetwork, viewSandbox } from "./views.ts";

/** The contract, over a context. Changes run one after the other; what only reads does not wait. */
export function makeContract(context: EngineContext): EngineContract {
  const change = <T>(body: () => Promise<T>): Promise<T> => context.changes.run(body).catch(refuse);
  const read = async <T>(body: () => T): Promise<T> => {
    try {
      return body();
    } catch (error) {
      return refuse(error);
    }
  };

  return {
    info: () => read(() => describeEngine(context)),
    createNetwork: (request) => change(() => createNetwork(context, request)),
    listNetworks: () => read(() => Array.from(context.state.networks, (network) => viewNetwork(context, network))),
    getNetwork: ({ network }) => read(() => viewNetwork(context, getNetwork(context.state, network))),
    removeNetwork: ({ network }) => change(() => removeNetwork(context, network)),
    pruneNetworks: (request) => change(() => pruneNetworks(context, request)),
    connect: (request) => connectWhole(context, request).catch(refuse),
    disconnect: (request) => change(() => disconnect(context, request)),
    createSandbox: (request) => createAndStart(context, request).catch(refuse),
    listSandboxes: () => read(() => Array.from(context.state.sandboxes, (sandbox) => viewSandbox(context, sandbox))),
    getSandbox: ({ sandbox }) => read(() => viewSandbox(context, getSandbox(context.state, sandbox))),
    // Starting and stopping wait for programs: other changes do not wait for them.
    startSandbox: ({ sandbox }) => startSandbox(context, sandbox).catch(refuse),
    stopSandbox: (request) => stopSandbox(context, request).catch(refuse),
    removeSandbox: (request) => change(() => removeSandbox(context, request)),
    prepareExec: (request) => read(() => ({ spec: JSON.stringify(describeExec(context, request)) })),
    logs: ({ sandbox, follow, tail }) =>
      refuseWithin(() =>
        context.supervisor.logs(getSandbox(context.state, sandbox), { follow, ...(tail !== undefined && { tail }) }),
      ),
    createExternalEndpoint: (request) => change(() => createExternalEndpoint(context, request)),
    joinExternalEndpoint: (request) => change(() => joinExternalEndpoint(context, request)),
    publishExternalPorts: (request) => change(() => publishExternalPorts(context, request)),
    withdrawExternalPorts: (request) => change(() => withdrawExternalPorts(context, request)),
    leaveExternalEndpoint: (request) => change(() => leaveExternalEndpoint(context, request)),
    removeExternalEndpoint: (request) => change(() => removeExternalEndpoint(context, request)),
    nameExternal: (request) => change(async () => nameExternal(context, request)),
    reservePool: (request) => change(async () => reservePool(context, request)),
    releasePool: (request) => change(async () => releasePool(context, request)),
    reserveAddress: (request) => change(async () => reserveAddress(context, request)),
    releaseAddress: (request) => change(async () => releaseAddress(context, request)),
    events: (span) => context.events.watch(span) satisfies AsyncIterable<EngineEvent>,
  };
}

async function connectToNetwork(context: EngineContext, { sandbox: reference, ...wish }: OperationInput<"connect">) {
  const sandbox = getSandbox(context.state, reference);
  await using undo = new AsyncDisposableStack();
  await makeMissingDefault(context, wish.network, undo);
  const endpoint = await connect(context, sandbox, wish);
  undo.move(); // the default network stays
  return endpoint;
}

/** With the address that a DHCP server gives, where one does: other changes do not wait for that. */
async function connectWhole(context: EngineContext, request: OperationInput<"connect">): Promise<EndpointView> {
  const made = await context.changes.run(() => connectToNetwork(context, request));
  const { id, networkName, sandboxName } = made;
  if (!context.leaseWaits.has(id)) return made; // it was connected, also when somebody disconnects it at once
  try {
    await awaitLease(context, id, request.ipv4);
  } catch (error) {
    const undo = { network: networkName, sandbox: sandboxName, force: true };
    await takeBack(context, `an endpoint of sandbox ${sandboxName}`, () =>
      context.changes.run(() => disconnect(context, undo)),
    );
    throw error;
  }
  const endpoint = context.state.endpoint(id);
  if (endpoint === undefined) throw new Refusal("conflict", `Cannot connect sandbox ${sandboxName}: it went meanwhile`);
  return viewEndpoint(context, endpoint);
}

async function createAndStart(context: EngineContext, request: OperationInput<"createSandbox">) {
  const sandbox = await context.changes.run(() => createSandbox(context, request));
  try {
    await Promise.all(
      context.state
        .endpointsOf(sandbox.id)
        .map(({ id, network }) => awaitLease(context, id, wishOf(context, request, network))),
    );
    if (sandbox.process !== undefined && request.start) await startSandbox(context, sandbox.id);
  } catch (error) {
    await takeBack(context, `sandbox ${sandbox.name}`, () =>
      context.changes.run(() => removeSandbox(context, { sandbox: sandbox.id, force: true })),
    );
    throw error;
  }
  return viewSandbox(context, sandbox);
}

/** The address that a request for a sandbox names on a network. */
function wishOf(
  { state }: EngineContext,
  { networks }: OperationInput<"createSandbox">,
  id: NetworkId,
): IpAddress | undefined {
  return networks.find(({ network }) => getNetwork(state, network).id === id)?.ipv4;
}

function describeExec(context: EngineContext, request: OperationInput<"prepareExec">) {
  const sandbox = getSandbox(context.state, request.sandbox);
  const { command, environment, workingDirectory, user } = request;
  return context.supervisor.execSpec(sandbox, {
    command,
    environment,
    ...(workingDirectory !== undefined && { workingDirectory }),
    ...(user !== undefined && { user }),
  });
}

function describeEngine(context: EngineContext): EngineInfo {
  context.hostWatch.suspect(); // of a sysctl the kernel tells nobody
  const { version, stateDirectory, runDirectory } = context;
  return {
    version,
    pid: process.pid,
    stateDirectory,
    runDirectory,
    ...context.state.counts,
    residentMemory: process.memoryUsage.rss(),
    warnings: [
      ...hostWarnings([...context.state.networks], readHostCondition(context)).map(({ sentence }) => sentence),
      ...context.warnings.list(),
    ],
  };
}

function refuse(error: unknown): never {
  throw toRefusal(error);
}

/** Passes the end of reading on at once, and not when the next value has come: who reads along with a quiet program may go. */
function refuseWithin<T>(open: () => AsyncIterableIterator<T>): AsyncIterableIterator<T> {
  let opened: AsyncIterator<T> | undefined;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        opened ??= open();
        return await opened.next();
      } catch (error) {
        return refuse(error);
      }
    },
    async return() {
      await opened?.return?.();
      return { done: true, value: undefined };
    },
  };
}
