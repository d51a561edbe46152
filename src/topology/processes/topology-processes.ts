import { type ObservedProcess, type ProcessChanges, planProcesses } from "../plan/mod.ts";
import { formatProcessPlace, type PlaceName, type TopologyName, type TopologyState } from "../state/mod.ts";
import { askKeeper } from "./ask-keeper.ts";
import { KeeperFolder } from "./keeper-folder.ts";
import { observeProcesses } from "./observe-processes.ts";

type Wanted = Pick<ObservedProcess, "at" | "spec">;

/** The processes of a topology, while it is changed. */
export class TopologyProcesses {
  readonly #folder: KeeperFolder;
  readonly #before;

  constructor(directory: string, topology: TopologyName) {
    this.#folder = new KeeperFolder(directory, topology);
    this.#before = observeProcesses(this.#folder);
  }

  /** Namespaces that processes of the topology are in: when those have ended, they hold them no more. */
  get places(): ReadonlySet<PlaceName> {
    return new Set(this.#before.processes.map(({ at }) => at.place));
  }

  plan(desired: TopologyState, observed: TopologyState): ProcessChanges {
    const staying = new Set<PlaceName>([...observed.keys()].filter((place) => desired.has(place)));
    return planProcesses(desired, this.#before, staying);
  }

  /** Ends what leaves: before the namespaces that it is in do. */
  async end(changes: ProcessChanges): Promise<void> {
    if (changes.leaving.length > 0) await this.withdraw(changes);
  }

  /** Ends what has come, too: only those run on that were there before and were to stay. */
  async withdraw({ leaving, coming }: ProcessChanges): Promise<void> {
    const changing = new Set(
      [...leaving, ...coming].flatMap((each) =>
        each.kind === "stop-process" || each.kind === "start-process" ? [formatProcessPlace(each.at)] : [],
      ),
    );
    const staying = this.#before.processes.filter(({ at }) => !changing.has(formatProcessPlace(at)));
    await askKeeper(this.#folder, staying);
  }

  /** Nothing of them is left, the keeper neither. */
  async endAll(): Promise<void> {
    await askKeeper(this.#folder, []);
  }

  /** Starts what comes. @throws {Error} one sentence about the first that does not run, or is not healthy. */
  async start({ coming }: ProcessChanges, desired: TopologyState): Promise<void> {
    if (coming.length === 0) return;
    const wanted = [...desired].flatMap(([place, { processes }]) =>
      Array.from(processes, ([process, spec]): Wanted => ({ at: { place, process }, spec })),
    );
    await askKeeper(this.#folder, wanted);
  }

  /** After a failure: those that were there before. @throws {Error} both sentences. */
  async putBack(changes: ProcessChanges, cause: unknown): Promise<void> {
    if (changes.leaving.length + changes.coming.length === 0) return;
    try {
      await askKeeper(this.#folder, this.#before.processes);
    } catch (error) {
      const [first, second] = [cause, error].map((each) => (each instanceof Error ? each.message : String(each)));
      throw new Error(`${first}; and its processes could not be put back: ${second}`, { cause });
    }
  }
}
