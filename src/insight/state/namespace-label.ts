import { statSync } from "node:fs";
import { type ListedNetns, type Netns, openReferencedNetns } from "../../kernel/netns/mod.ts";
import type { Names } from "../place/mod.ts";

/** A sandbox, as far as a namespace is called after it. */
export interface NamespaceSandbox {
  readonly id: string;
  readonly name: string;
  readonly state: string;
}

/** The sandboxes of each namespace, by its inode. */
export function sandboxesByInode({ sandboxes }: Names): ReadonlyMap<number, readonly NamespaceSandbox[]> {
  const placed = sandboxes.flatMap(({ id, name, status, netnsPath }) => {
    const ino = inodeAt(netnsPath);
    return ino === undefined ? [] : [{ ino, sandbox: { id, name, state: status.state } }];
  });
  return new Map(
    Array.from(
      Map.groupBy(placed, ({ ino }) => ino),
      ([ino, of]) => [ino, of.map(({ sandbox }) => sandbox)],
    ),
  );
}

/** How `--in` finds it: the name of its first sandbox, its first name of `ip netns`, a path, or a process. */
export function labelOf({ names, paths, pids }: ListedNetns, sandboxes: readonly NamespaceSandbox[]): string {
  return sandboxes[0]?.name ?? names[0] ?? (pids.includes(1) ? "pid:1" : undefined) ?? paths[0] ?? `pid:${pids[0]}`;
}

export function openListed({ paths, pids }: ListedNetns): Netns {
  const [path] = paths;
  if (path !== undefined) return openReferencedNetns({ kind: "path", path });
  return openReferencedNetns({ kind: "pid", pid: pids[0] ?? 0 });
}

export function inodeAt(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}

const unseen: ReadonlySet<unknown> = new Set(["ENOENT", "ESRCH", "EINVAL", "EACCES", "EPERM"]);

/** Whether an error says that a namespace has gone, or is not ours to look into. */
export function isUnseen(error: unknown): boolean {
  return error instanceof Error && "errno" in error && unseen.has(error.errno);
}
