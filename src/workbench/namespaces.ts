import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { Refusal } from "../contract/plain.ts";
import { type Names, openPlace } from "../insight/place/mod.ts";
import {
  createNamedNetns,
  listNetns,
  NETNS_DIRECTORY,
  type NetnsName,
  netnsPath,
  openReferencedNetns,
  unnameNetns,
} from "../kernel/netns/mod.ts";
import { LOOPBACK_INDEX } from "../kernel/objects/mod.ts";
import { openRouteClient } from "../kernel/route/mod.ts";
import { openFile, SystemCallError, unshareNetnsDirectory, waitForLock } from "../sys/mod.ts";
import { ownerOfMark } from "../topology/state/mod.ts";
import { acting } from "./acting.ts";
import type { Forcible } from "./link-guard.ts";

export interface NamespaceAddition {
  /** Where names are. */
  readonly directory: string;
  /** A namespace that has the name is the one. */
  readonly ifNotExists: boolean;
}

export interface AddedNamespace {
  readonly name: NetnsName;
  readonly path: string;
  /** As `lsns` and `ip netns identify` use it. */
  readonly ino: number;
}

/**
 * Makes named namespaces as `ip netns add` does, empty but for a loopback that is down: all of them, or none.
 *
 * @throws {Refusal} `conflict` when a name is taken.
 */
export function addNamespaces(names: readonly NetnsName[], addition: NamespaceAddition): readonly AddedNamespace[] {
  const { directory, ifNotExists } = addition;
  using _lock = lockDirectory(directory);
  const made: NetnsName[] = [];
  try {
    return names.map((name) => {
      const there = ifNotExists ? inodeOf(name, directory) : undefined;
      const ino = there ?? create(name, directory);
      if (there === undefined) made.push(name);
      return { name, path: netnsPath(name, directory), ino };
    });
  } catch (error) {
    for (const name of made) unnameNetns(name, directory);
    tidy(directory);
    throw error;
  }
}

function create(name: NetnsName, directory: string): number {
  const meanings = {
    EEXIST: ["conflict", "there is one of that name already"],
    ENOSPC: ["exhausted", "there are as many as the sysctl user.max_net_namespaces allows"],
  } as const;
  return acting(`add namespace ${name}`, meanings, () => {
    using netns = createNamedNetns(name, directory);
    return netns.identity.ino;
  });
}

/** `undefined` for a name that nobody has, or that leads to no namespace. */
function inodeOf(name: NetnsName, directory: string): number | undefined {
  try {
    using netns = openReferencedNetns({ kind: "path", path: netnsPath(name, directory) });
    return netns.identity.ino;
  } catch (error) {
    if (error instanceof SystemCallError) return undefined;
    throw error;
  }
}

/** What becomes of a namespace without a name. */
export interface RemovedNamespace {
  /** Processes in it, which keep it. */
  readonly pids: readonly number[];
}

/** Takes a name away, and with it the namespace, unless something else holds it. @throws {Refusal} */
export function removeNamespace(name: NetnsName, names: Names, { force = false }: Forcible = {}): RemovedNamespace {
  const what = `remove namespace ${name}`;
  const directory = names.netnsDirectory;
  if (!existsSync(netnsPath(name, directory))) {
    throw new Refusal("not-found", `Cannot ${what}: ${directory} has no such name`);
  }
  const look = inspect(name, names);
  if (!force && look?.topology !== undefined) {
    const instead = `weft down --topology ${look.topology}`;
    throw new Refusal("in-use", `Cannot ${what}: it is of topology ${look.topology}: want ${instead}, or --force`);
  }
  if (!force && look?.sandbox !== undefined) {
    const instead = `weft sandbox rm ${look.sandbox}`;
    throw new Refusal("in-use", `Cannot ${what}: sandbox ${look.sandbox} is in it: want ${instead} first, or --force`);
  }
  using _lock = lockDirectory(directory);
  acting(what, {}, () => unnameNetns(name, directory));
  tidy(directory);
  return { pids: look?.pids ?? [] };
}

/**
 * Makes a directory of names, and keeps others from changing it: two that make it a shared mount at once would leave one mount over the
 * other, and who takes the last name away would take the mount from under a name that comes. Topologies and iproute2 lock it, too.
 *
 * @throws {Refusal}
 */
function lockDirectory(directory: string): Disposable {
  using opened = new DisposableStack();
  waitForLock(opened.use(openDirectory(directory)));
  return opened.move();
}

function openDirectory(directory: string): ReturnType<typeof openFile> {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    return openFile(directory);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "") throw error;
    throw new Refusal(
      "forbidden",
      `Cannot change names in ${directory}: ${code}, want a directory that is ours to make`,
      {
        cause: error,
      },
    );
  }
}

/** A directory of one's own is no mount any more when the last name is gone; the machine's stays as ip netns has it. */
function tidy(directory: string): void {
  if (directory === NETNS_DIRECTORY || !existsSync(directory)) return;
  if (readdirSync(directory).length === 0) unshareNetnsDirectory(directory);
}

interface NamespaceLook extends RemovedNamespace {
  readonly topology?: string;
  readonly sandbox?: string;
}

/** `undefined` for a name that leads to no namespace, as one whose maker died has. */
function inspect(name: NetnsName, names: Names): NamespaceLook | undefined {
  try {
    using place = openPlace({ kind: "netns", name }, names);
    using client = openRouteClient({ netns: place.netns });
    const topology = ownerOfMark(client.links.find(LOOPBACK_INDEX)?.alias);
    const [sandbox] = place.sandboxes;
    const pids = listNetns(names.netnsDirectory).find(({ ino }) => ino === place.netns.identity.ino)?.pids ?? [];
    return {
      pids,
      ...(topology !== undefined && { topology }),
      ...(sandbox !== undefined && { sandbox: sandbox.name }),
    };
  } catch (error) {
    if (error instanceof SystemCallError || (error instanceof Refusal && error.kind !== "forbidden")) return undefined;
    throw error;
  }
}
