import type { EngineContract } from "../contract/mod.ts";
import { openLinkDeleter } from "../kernel/deleter/mod.ts";
import { watchKernel } from "../kernel/events/mod.ts";
import { openRouteClient } from "../kernel/route/mod.ts";
import { Serial } from "../lib/mod.ts";
import type { EngineSettings, Sandbox, SandboxId } from "../model/mod.ts";
import { openConnection } from "../netlink/connection/mod.ts";
import { deleteStrays, isHostRestarted, rememberBoot, Supervisor } from "../processes/mod.ts";
import { openStore, type Store, type StoredState } from "../store/mod.ts";
import { formatServer, type HostResolver } from "../sys/mod.ts";
import { Announcer } from "./announcer.ts";
import { FirewallClient } from "./apply/firewall-client.ts";
import { type EngineContext, emit, type Log } from "./context.ts";
import { makeContract } from "./engine.ts";
import { EventBus } from "./event-bus.ts";
import { PROXY_SETS } from "./firewall/elements.ts";
import { HeldPorts } from "./held-ports.ts";
import { readHostFacts } from "./host-survey.ts";
import { HostWatch } from "./host-watch.ts";
import { followLease, takeUpLeases, withoutEndedLease } from "./leased-endpoints.ts";
import { LeaseKeeper } from "./leases/lease-keeper.ts";
import { leaveHost } from "./leave-host.ts";
import { NameService } from "./name-service.ts";
import { allNames, applyNames } from "./names.ts";
import { NetworkPools } from "./network-pools.ts";
import { addPredefinedNetworks } from "./networks.ts";
import { OccupiedSpace } from "./occupied-space.ts";
import { makeOwnDirectory } from "./own-directory.ts";
import { DesiredState } from "./plan/desired.ts";
import { PortProxy } from "./port-proxy/mod.ts";
import { takeUpExternal } from "./reconcile/external-endpoints.ts";
import { buryIfGone, takeUpForeign } from "./reconcile/foreign-namespaces.ts";
import { NamespaceWatch } from "./reconcile/namespace-watch.ts";
import { reconcile } from "./reconcile/reconcile.ts";
import { watchDrift, watchedGroups } from "./reconcile/watch-drift.ts";
import { toRefusal } from "./refuse.ts";
import { ReservedPools, sweepReserved } from "./reserved-pools.ts";
import { refreshSandboxFiles } from "./sandbox-files.ts";
import { sandboxPlace } from "./sandbox-place.ts";
import { finishRemovals, removeEnded } from "./sandboxes.ts";
import { Warnings } from "./warnings.ts";
import { watchHostResolver } from "./watch-host-resolver.ts";

export interface EngineOptions {
  /** What must outlast a reboot. */
  readonly stateDirectory: string;
  /** What must not: sockets, namespaces, files of sandboxes. */
  readonly runDirectory: string;
  readonly version: string;
  readonly settings: EngineSettings;
  readonly log: Log;
}

/**
 * Takes over the host that this process was started in: reads the store, puts the kernel to what it says, serves names,
 * and watches. Disposing of it leaves networks, flows and processes as they are.
 *
 * @throws {Refusal} one sentence: missing privilege, a state that cannot be read or is another daemon's.
 */
export async function openEngine(options: EngineOptions): Promise<EngineContract & AsyncDisposable> {
  try {
    return await takeOverHost(options);
  } catch (error) {
    throw toRefusal(error);
  }
}

async function takeOverHost(options: EngineOptions): Promise<EngineContract & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  makeOwnDirectory(options.stateDirectory, 0o700);
  makeOwnDirectory(options.runDirectory, 0o755);
  makeOwnDirectory(`${options.runDirectory}/netns`, 0o755);

  const store = stack.use(openStore(`${options.stateDirectory}/weft.db`));
  const stored = store.load();
  const route = stack.use(openRouteClient());
  const netfilter = stack.use(openConnection({ protocol: "netfilter" }));
  const conntrack = stack.use(openConnection({ protocol: "netfilter" }));
  const watch = stack.use(watchKernel(watchedGroups));
  const warnings = new Warnings();
  // Both begin with a thread, which takes a while to start.
  const [deleter, names] = await Promise.all([
    openLinkDeleter({ watch }).then((opened) => stack.use(opened)),
    NameService.start({ everything: () => allNames(context), log: options.log, warnings }).then((opened) =>
      stack.use(opened),
    ),
  ]);
  const kernel = {
    route,
    conntrack,
    firewall: new FirewallClient(netfilter),
    deleter,
  };
  const { state, pools, reserved } = takeUp(stored, store);
  const dead = new Set<SandboxId>();
  const events = new EventBus();
  const changes = new Serial(() => portProxy.follow(kernel.firewall.uses(...PROXY_SETS)));
  const supervisor = stack.use(
    new Supervisor<Sandbox>({
      keep: (record) => store.putProcess(record),
      emit: (kind, about) => emit({ events }, kind, about),
      log: options.log,
      place: (sandbox) => sandboxPlace({ ...options, state, dead }, sandbox),
      logPath: (sandbox) => `${options.stateDirectory}/logs/${sandbox.id}.log`,
      removeEnded: (sandbox) => void changes.run(() => removeEnded(context, sandbox)),
    }),
  );

  const namespaces = stack.use(
    new NamespaceWatch({
      ended: (process) => supervisor.ended(process),
      onChange: (id) =>
        void changes
          .runNext(() => buryIfGone(context, id))
          .catch((error) => options.log("error", error instanceof Error ? error.message : String(error))),
    }),
  );

  const portProxy = stack.use(new PortProxy({ ...options, warnings, ended: (process) => supervisor.ended(process) }));

  const context: EngineContext = {
    ...options,
    state,
    store,
    pools,
    reserved,
    kernel,
    facts: readHostFacts(route, state, options.settings),
    occupied: new OccupiedSpace(route, state),
    dns: names,
    supervisor,
    heldPorts: stack.use(new HeldPorts()),
    announcer: stack.use(new Announcer(kernel)),
    leases: stack.use(
      new LeaseKeeper({
        onBound: (id, lease) => followLease(context, id, lease),
        onLost: (id, lease, reason) => {
          options.log("warning", `the DHCP lease of ${lease.address} is lost: ${reason}`, { endpoint: id });
          followLease(context, id, undefined);
        },
        log: options.log,
      }),
    ),
    leaseWaits: new Map(),
    changes,
    events,
    log: options.log,
    warnings,
    hostWatch: stack.use(new HostWatch(() => context)),
    namespaces,
    dead,
  };
  stack.defer(() => context.events.close());
  stack.defer(() => leaveHost(context)); // after the watch for drift, which would put back what leaves

  await context.changes.run(async () => {
    stack.use(watchDrift(context, watch)); // before the first look: what changes in between is seen by one or the other
    await takeUpForeign(context);
    await reconcile(context);
    holdPorts(context);
    stack.use(await takeUpExternal(context));
    stack.use(sweepReserved(context));
    await serveNames(context);
  });
  stack.use(watchHostResolver((resolver) => followHostResolver(context, resolver)));
  const known = new Set<string>(Array.from(state.sandboxes, ({ id }) => id));
  for (const folder of [`${options.runDirectory}/sandboxes`, `${options.stateDirectory}/logs`])
    deleteStrays(folder, known);
  const hostRestarted = isHostRestarted(options.runDirectory);
  supervisor.takeOver(state.sandboxes, stored.processes, { hostRestarted });
  takeUpLeases(context, { hostRestarted });
  rememberBoot(options.runDirectory);
  await context.changes.run(() => finishRemovals(context));
  context.hostWatch.suspect();

  const owned = stack.move();
  return { ...makeContract(context), [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function takeUp(stored: StoredState, store: Store): Pick<EngineContext, "state" | "pools" | "reserved"> {
  const state = new DesiredState();
  const pools = new NetworkPools();
  const reserved = new ReservedPools();
  reserved.restore(stored.pools, stored.poolAddresses);
  for (const network of stored.networks) {
    state.putNetwork(network);
    pools.addNetwork(network);
  }
  for (const sandbox of stored.sandboxes) state.putSandbox(sandbox);
  for (const endpoint of stored.endpoints) {
    state.putEndpoint(withoutEndedLease(endpoint, Date.now()));
    pools.addEndpoint(endpoint);
  }
  addPredefinedNetworks({ state, store });
  return { state, pools, reserved };
}

const PORT_WARNING_SHOWN_MS = 60 * 60_000;

/** The owner of the host reads in `weft info` which ports others could still take. */
function holdPorts(context: EngineContext): void {
  for (const sentence of context.heldPorts.takeUp(context.state.sandboxes)) {
    context.log("warning", sentence);
    context.warnings.set(sentence, sentence, { lastingMs: PORT_WARNING_SHOWN_MS });
  }
}

/** Names that are not ours are asked of the host's servers as they are now. */
function followHostResolver(context: EngineContext, { servers }: HostResolver): void {
  context.log("info", `the host's name servers are now ${servers.map(formatServer).join(", ") || "none"}`);
  const followed = context.changes.run(() => serveNames(context));
  followed.catch((error) => context.log("error", error instanceof Error ? error.message : String(error)));
}

async function serveNames(context: EngineContext): Promise<void> {
  const named = applyNames(context, allNames(context)); // in the name server's thread, while this one writes files
  for (const sandbox of context.state.sandboxes) {
    if (sandbox.namespace.kind !== "external") refreshSandboxFiles(context, sandbox);
  }
  await named;
}
