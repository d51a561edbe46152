import { existsSync } from "node:fs";
import {
  type KernelOperation,
  type ProcessChanges,
  placeOf,
  planTopology,
  type TopologyOperation,
} from "../plan/mod.ts";
import type { TopologyProcesses } from "../processes/mod.ts";
import type { Topology } from "../read/mod.ts";
import {
  carrierOf,
  EMPTY_PLACE,
  HOST,
  type PlaceName,
  type PlaceState,
  processFolder,
  type TopologyName,
  type TopologyState,
} from "../state/mod.ts";
import { applyOperations } from "./apply-operations.ts";
import { checkKernel, tryFreshPlace } from "./check-kernel.ts";
import { observeOutside, observePlaces, observeTopology } from "./observe.ts";
import { Places } from "./places.ts";
import { SysctlRecord } from "./sysctl-record.ts";

export interface TopologyOptions {
  /** Where namespaces have their names: `/run/netns`. */
  readonly directory: string;
  /** Plan, and change nothing. */
  readonly dryRun: boolean;
}

/** How often the result may differ from the wish: the kernel takes more away with an address or a link than a plan foresees. */
const MAX_ROUNDS = 4;

/**
 * Makes the kernel as the topology's file says, from whatever state an earlier one, or one that was interrupted, has left; and has its
 * processes run.
 *
 * @returns What was done, or would be; empty when there was nothing to do.
 * @throws {YamlFileError} before anything is changed; {Error} when a change failed and everything is as it was before.
 */
export async function upTopology(topology: Topology, options: TopologyOptions): Promise<readonly TopologyOperation[]> {
  const { directory, dryRun } = options;
  using places = new Places(directory);
  using _lock = dryRun ? undefined : places.lock();
  const record = new SysctlRecord(directory, topology.name);
  const before = observeTopology(places, { name: topology.name, state: record.withFormer(topology.state) });
  checkKernel(places, topology, before);
  const processes = await openProcesses(topology.name, options, hasProcesses(topology.state));
  const changes = processes?.plan(topology.state, before.state) ?? NO_CHANGES;
  const fresh = tryFreshPlace(topology, before);
  const wish = { ...topology, state: record.withOurs(topology.state, before.state) };
  const change: NetworkChange = { places, topology: wish, before: before.state, fresh };
  const held = (): ReadonlySet<PlaceName> =>
    new Set(places.holders([...before.state.keys()].filter((place) => !topology.state.has(place))).keys());
  if (dryRun) {
    const others = held().difference(processes?.places ?? new Set());
    return [...changes.leaving, ...planNetwork(change, before.state, others), ...changes.coming];
  }
  const valueBefore = (place: PlaceName, path: string): string | undefined =>
    (before.state.get(place) ?? fresh).sysctls.get(path);
  try {
    await processes?.end(changes);
    record.note(topology.state, valueBefore);
    const done = applyNetwork(change, held());
    try {
      await processes?.start(changes, topology.state);
    } catch (error) {
      await processes?.withdraw(changes); // before the namespaces go that they are in
      restore(change, error);
      throw error;
    }
    record.settle(topology.state);
    return [...changes.leaving, ...done, ...changes.coming];
  } catch (error) {
    await processes?.putBack(changes, error);
    throw error;
  }
}

const NO_CHANGES: ProcessChanges = { leaving: [], coming: [] };

function hasProcesses(state: TopologyState): boolean {
  return state.values().some((place) => place.processes.size > 0);
}

/** Only who has processes waits for what looks after them to load. */
async function openProcesses(
  topology: TopologyName,
  { directory }: TopologyOptions,
  hasSome: boolean,
): Promise<TopologyProcesses | undefined> {
  if (!hasSome && !existsSync(processFolder(directory, topology))) return undefined;
  const { TopologyProcesses } = await import("../processes/mod.ts");
  return new TopologyProcesses(directory, topology);
}

/** A change of links, routes and rules, from what there was before. */
interface NetworkChange {
  readonly places: Places;
  readonly topology: Topology;
  readonly before: TopologyState;
  readonly fresh: PlaceState;
}

function planNetwork(
  { topology, fresh }: NetworkChange,
  observed: TopologyState,
  held: ReadonlySet<PlaceName>,
): readonly KernelOperation[] {
  return planTopology(topology.name, { desired: topology.state, observed, fresh, held });
}

/** @returns All that was done. @throws {Error} when everything is as it was before. */
function applyNetwork(change: NetworkChange, held: ReadonlySet<PlaceName>): readonly KernelOperation[] {
  const { places, topology, before } = change;
  const kernel = { places, topology: topology.name };
  const done: KernelOperation[] = [];
  try {
    for (let round = 0; ; round++) {
      const now = round === 0 ? before : observeAgain(places, { topology, before, done });
      const next = planNetwork(change, now, held);
      if (next.length === 0) return done;
      if (round === MAX_ROUNDS) throw new Error(`Cannot bring up ${topology.name}: the kernel does not keep it so`);
      done.push(...next); // before they are done: of one that fails half may be
      applyOperations(kernel, next);
    }
  } catch (error) {
    restore(change, error);
    throw error;
  }
}

interface SecondLook {
  readonly topology: Topology;
  readonly before: TopologyState;
  readonly done: readonly KernelOperation[];
}

/**
 * What there is after a change. Only places that were there before and that were touched are looked at: what was made out of nothing, each step
 * of it acknowledged, is as it was wanted; and in the others nothing was done.
 */
function observeAgain(places: Places, { topology, before, done }: SecondLook): TopologyState {
  const all = done.flatMap((operation) => placesOf(operation, before));
  const touched = new Set(all.filter((place) => before.has(place) && topology.state.has(place)));
  const seen = observePlaces(places, topology, touched);
  return new Map(
    Array.from(topology.state, ([place, wanted]) => [place, seen.get(place) ?? before.get(place) ?? wanted]),
  );
}

/** Of what is made or goes, both ends, and what carries it. */
function placesOf(operation: KernelOperation, before: TopologyState): readonly PlaceName[] {
  const own = placeOf(operation);
  const link =
    operation.kind === "create-link"
      ? operation.link
      : operation.kind === "delete-link"
        ? before.get(own)?.links.get(operation.at.link)
        : undefined;
  if (link?.kind.kind === "veth") return [own, link.kind.peer.place];
  const carrier = link && carrierOf(link.kind, own);
  return carrier === undefined ? [own] : [own, carrier.place];
}

/** Whatever was done: what is there now is looked at, and what was there before is the wish. */
function restore({ places, topology, before, fresh }: NetworkChange, cause: unknown): void {
  try {
    const now = observeTopology(places, topology).state;
    const operations = planTopology(topology.name, { desired: before, observed: now, fresh });
    applyOperations({ places, topology: topology.name }, operations);
    places.tidy();
  } catch (error) {
    const [first, second] = [cause, error].map((each) => (each instanceof Error ? each.message : String(each)));
    throw new Error(`${first}; and it could not be put back: ${second}`, { cause: new AggregateError([cause, error]) });
  }
}

export interface TopologyDown {
  /** What was done, or would be. */
  readonly operations: readonly TopologyOperation[];
  /** Namespaces without a name or a link now, which live as long as these processes are in them. */
  readonly holders: ReadonlyMap<string, readonly number[]>;
}

/** Takes away all that carries the topology's mark, and ends its processes first. */
export async function downTopology(name: TopologyName, options: TopologyOptions): Promise<TopologyDown> {
  const { directory, dryRun } = options;
  using places = new Places(directory);
  using _lock = dryRun ? undefined : places.lock();
  const processes = await openProcesses(name, options, false);
  const changes = processes?.plan(new Map(), new Map()) ?? NO_CHANGES;
  if (!dryRun) await processes?.endAll();
  const record = new SysctlRecord(directory, name);
  const nothing: TopologyState = new Map([[HOST, EMPTY_PLACE]]);
  const { state: observed, holders } = observeOutside(places, { name, state: record.withFormer(nothing) });
  const own = dryRun ? (processes?.places ?? new Set<PlaceName>()) : new Set<PlaceName>();
  const desired = record.withOurs(nothing, observed);
  const operations = planTopology(name, { desired, observed, held: new Set(holders.keys()).difference(own) });
  if (!dryRun) {
    applyOperations({ places, topology: name }, operations);
    record.settle(new Map());
    places.tidy();
  }
  return { operations: [...changes.leaving, ...operations], holders };
}
