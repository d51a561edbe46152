import type { EngineEvent } from "../contract/mod.ts";
import type { Serial } from "../lib/mod.ts";
import type { EngineSettings, Network, Sandbox, SandboxId } from "../model/mod.ts";
import type { Supervisor } from "../processes/mod.ts";
import type { Store } from "../store/mod.ts";
import type { Announcer } from "./announcer.ts";
import type { HostKernel } from "./apply/host-kernel.ts";
import type { HostFacts } from "./drivers/host-facts.ts";
import type { EventBus } from "./event-bus.ts";
import type { HeldPorts } from "./held-ports.ts";
import type { HostWatch } from "./host-watch.ts";
import type { LeaseWaits } from "./leased-endpoints.ts";
import type { LeaseKeeper } from "./leases/lease-keeper.ts";
import type { NameService } from "./name-service.ts";
import type { NetworkPools } from "./network-pools.ts";
import type { OccupiedSpace } from "./occupied-space.ts";
import type { DesiredState } from "./plan/desired.ts";
import type { NamespaceWatch } from "./reconcile/namespace-watch.ts";
import type { ReservedPools } from "./reserved-pools.ts";
import type { Warnings } from "./warnings.ts";

/** One line of the daemon's log. */
export type Log = (
  level: "info" | "warning" | "error",
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** What all parts of an engine share. */
export interface EngineContext {
  readonly version: string;
  readonly stateDirectory: string;
  readonly runDirectory: string;
  readonly settings: EngineSettings;
  readonly state: DesiredState;
  readonly store: Store;
  readonly kernel: HostKernel;
  /** Replaced when the host changes. */
  facts: HostFacts;
  readonly occupied: OccupiedSpace;
  readonly dns: Pick<NameService, "apply">;
  readonly supervisor: Supervisor<Sandbox>;
  readonly pools: NetworkPools;
  readonly reserved: ReservedPools;
  readonly heldPorts: HeldPorts;
  readonly announcer: Announcer;
  readonly leases: LeaseKeeper;
  readonly leaseWaits: LeaseWaits;
  readonly changes: Serial;
  readonly events: EventBus;
  readonly log: Log;
  readonly warnings: Warnings;
  /** Looks again at what of the host is its owner's. */
  readonly hostWatch: Pick<HostWatch, "suspect" | "suspectRules">;
  /** Hears of the end of namespaces that others made. */
  readonly namespaces: NamespaceWatch;
  /** Sandboxes whose namespace was somebody else's and is gone. */
  readonly dead: Set<SandboxId>;
}

/** Whom an event is about, and what people read of it. */
export interface EventSubject {
  readonly network?: Network;
  readonly sandbox?: Sandbox;
  readonly detail?: string;
  readonly exitCode?: number;
}

export function emit(
  { events }: Pick<EngineContext, "events">,
  kind: EngineEvent["kind"],
  { network, sandbox, ...rest }: EventSubject,
): void {
  events.emit({
    kind,
    time: new Date().toISOString(),
    ...(network !== undefined && { network: network.name, networkId: network.id, driver: network.driver.kind }),
    ...(sandbox !== undefined && { sandbox: sandbox.name, sandboxId: sandbox.id, labels: sandbox.labels }),
    ...rest,
  });
}

/** Where the namespace of a sandbox opens. */
export function netnsPath(
  context: Pick<EngineContext, "runDirectory" | "state" | "dead">,
  sandbox: Sandbox,
): string | undefined {
  if (context.dead.has(sandbox.id)) return undefined;
  switch (sandbox.namespace.kind) {
    case "own":
      return `${context.runDirectory}/netns/${sandbox.id}`;
    case "foreign":
      return sandbox.namespace.path;
    case "external": // its owner's affair, and maybe in a mount namespace that we do not see
    case "host":
      return undefined;
    case "shared": {
      const owner = context.state.sandbox(sandbox.namespace.sandbox);
      return owner && netnsPath(context, owner);
    }
  }
}
