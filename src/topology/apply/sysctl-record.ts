import { mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import {
  FORWARDING_SYSCTLS,
  HOST,
  type PlaceName,
  processFolder,
  type TopologyName,
  type TopologyState,
} from "../state/mod.ts";

/** A value that a topology has set, and the one before. */
interface SetSysctl {
  readonly former: string;
  readonly ours: string;
}

const SUFFIX = ".sysctls";

/**
 * What sysctls had before a topology set them: the kernel does not know. Who takes one out of its file gets the value of before, unless
 * somebody else has changed it since, or another topology has it in its file, which inherits what it had before.
 */
export class SysctlRecord {
  readonly #path: string;
  readonly #set: Map<string, SetSysctl>;
  #isChanged = false;

  constructor(netnsDirectory: string, topology: TopologyName) {
    this.#path = `${processFolder(netnsDirectory, topology)}${SUFFIX}`;
    this.#set = read(this.#path);
  }

  /** The wish, and what has to be put back: where to look, as nobody knows yet whether it is still ours to put back. */
  withFormer(desired: TopologyState): TopologyState {
    return this.#add(desired, () => true);
  }

  /** The wish, and what is to be put back. */
  withOurs(desired: TopologyState, observed: TopologyState): TopologyState {
    return this.#add(desired, ({ place, path, ours }) => {
      if (observed.get(place)?.sysctls.get(path) !== ours) return false;
      return place !== HOST || this.#heirs(path).length === 0;
    });
  }

  #add(
    desired: TopologyState,
    isMeant: (of: SetSysctl & { readonly place: PlaceName; readonly path: string }) => boolean,
  ): TopologyState {
    const state = new Map(desired);
    for (const [key, value] of this.#set) {
      const { place, path } = partsOf(key);
      const own = state.get(place);
      if (own === undefined || own.sysctls.has(path) || !isMeant({ place, path, ...value })) continue;
      state.set(place, { ...own, sysctls: new Map([...own.sysctls, [path, value.former]]) });
    }
    return state;
  }

  /** Before anything is set. In the host also what is as it is to be: another topology may have made it so. */
  note(desired: TopologyState, before: (place: PlaceName, path: string) => string | undefined): void {
    for (const [place, { sysctls }] of desired) {
      for (const [path, ours] of sysctls) {
        if (place !== HOST && FORWARDING_SYSCTLS.includes(path)) continue; // always said, one way or the other
        const former = before(place, path);
        const known = this.#set.get(`${place} ${path}`);
        if (former === undefined || known?.ours === ours || (former === ours && place !== HOST)) continue;
        this.#set.set(`${place} ${path}`, { former: known?.former ?? former, ours });
        this.#isChanged = true;
      }
    }
    this.#write();
  }

  /** When all is as it is wanted: of what no file has any more nothing needs to be known. */
  settle(desired: TopologyState): void {
    for (const [key, { former }] of this.#set) {
      const { place, path } = partsOf(key);
      if (desired.get(place)?.sysctls.has(path) === true) continue;
      this.#set.delete(key);
      this.#isChanged = true;
      if (place === HOST) for (const heir of this.#heirs(path)) inherit(heir, key, former);
    }
    this.#write();
  }

  /** Records of other topologies that have a sysctl of the host in their files. */
  #heirs(path: string): readonly string[] {
    return namesIn(dirname(this.#path))
      .filter((name) => name.endsWith(SUFFIX) && name !== basename(this.#path))
      .map((name) => join(dirname(this.#path), name))
      .filter((other) => read(other).has(`${HOST} ${path}`));
  }

  #write(): void {
    if (this.#isChanged) write(this.#path, this.#set);
    this.#isChanged = false;
  }
}

function partsOf(key: string): { readonly place: PlaceName; readonly path: string } {
  const [place = "", path = ""] = key.split(" ");
  return { place: place as PlaceName, path };
}

function inherit(record: string, key: string, former: string): void {
  const set = read(record);
  const own = set.get(key);
  if (own !== undefined) write(record, set.set(key, { ...own, former }));
}

function read(path: string): Map<string, SetSysctl> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, SetSysctl>>));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return new Map();
    throw error;
  }
}

function write(path: string, set: ReadonlyMap<string, SetSysctl>): void {
  if (set.size === 0) {
    rmSync(path, { force: true });
    removeIfEmpty(dirname(path));
    return;
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.draft`, JSON.stringify(Object.fromEntries(set)), { mode: 0o600 });
  renameSync(`${path}.draft`, path);
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // It is not empty, or not there.
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
