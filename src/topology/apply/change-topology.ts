import { placeOf, planTopology, planTopologyDown, type TopologyOperation } from "../plan/mod.ts";
import type { Topology } from "../read/mod.ts";
import type { PlaceName, PlaceState, TopologyName, TopologyState } from "../state/mod.ts";
import { applyOperations } from "./apply-operations.ts";
import { checkKernel, tryFreshPlace } from "./check-kernel.ts";
import { observeOutside, observePlaces, observeTopology } from "./observe.ts";
import { Places } from "./places.ts";

export interface TopologyOptions {
  /** Where namespaces have their names: `/run/netns`. */
  readonly directory: string;
  /** Plan, and change nothing. */
  readonly dryRun: boolean;
}

/** How often the result may differ from the wish: the kernel takes more away with an address or a link than a plan foresees. */
const MAX_ROUNDS = 4;

/**
 * Makes the kernel as the topology's file says, from whatever state an earlier one, or one that was interrupted, has left.
 *
 * @returns What was done, or would be; empty when there was nothing to do.
 * @throws {YamlFileError} before anything is changed; {Error} when a change failed and everything is as it was before.
 */
export function upTopology(topology: Topology, { directory, dryRun }: TopologyOptions): readonly TopologyOperation[] {
  using places = new Places(directory);
  using _lock = dryRun ? undefined : places.lock();
  const before = observeTopology(places, topology);
  checkKernel(places, topology, before);
  const fresh = tryFreshPlace(topology, before);
  const going = [...before.state.keys()].filter((place) => !topology.state.has(place));
  const held = new Set(places.holders(going).keys());
  const plan = (observed: TopologyState): readonly TopologyOperation[] =>
    planTopology(topology.name, { desired: topology.state, observed, fresh, held });
  const first = plan(before.state);
  if (dryRun || first.length === 0) return first;
  const done = [...first];
  const kernel = { places, topology: topology.name };
  try {
    applyOperations(kernel, first);
    for (let round = 1; ; round++) {
      const rest = plan(observeAgain(places, { topology, before: before.state, done }));
      if (rest.length === 0) return done;
      if (round === MAX_ROUNDS) throw new Error(`Cannot bring up ${topology.name}: the kernel does not keep it so`);
      applyOperations(kernel, rest);
      done.push(...rest);
    }
  } catch (error) {
    restore({ kernel, topology, before: before.state, fresh }, error);
    throw error;
  }
}

interface SecondLook {
  readonly topology: Topology;
  readonly before: TopologyState;
  readonly done: readonly TopologyOperation[];
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
function placesOf(operation: TopologyOperation, before: TopologyState): readonly PlaceName[] {
  const own = placeOf(operation);
  const link =
    operation.kind === "create-link"
      ? operation.link
      : operation.kind === "delete-link"
        ? before.get(own)?.links.get(operation.at.link)
        : undefined;
  if (link?.kind.kind === "veth") return [own, link.kind.peer.place];
  return link?.kind.kind === "macvlan" ? [own, link.kind.lower.place] : [own];
}

interface Restoration {
  readonly kernel: { readonly places: Places; readonly topology: TopologyName };
  readonly topology: Topology;
  readonly before: TopologyState;
  readonly fresh: PlaceState;
}

/** Whatever was done: what is there now is looked at, and what was there before is the wish. */
function restore({ kernel, topology, before, fresh }: Restoration, cause: unknown): void {
  try {
    const now = observeTopology(kernel.places, topology).state;
    applyOperations(kernel, planTopology(kernel.topology, { desired: before, observed: now, fresh }));
    kernel.places.tidy();
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

/** Takes away all that carries the topology's mark. */
export function downTopology(name: TopologyName, { directory, dryRun }: TopologyOptions): TopologyDown {
  using places = new Places(directory);
  using _lock = dryRun ? undefined : places.lock();
  const { state: observed, holders } = observeOutside(places, name);
  const operations = planTopologyDown(name, { observed, held: new Set(holders.keys()) });
  if (!dryRun) {
    applyOperations({ places, topology: name }, operations);
    places.tidy();
  }
  return { operations, holders };
}
