import { readdir, readlink, stat } from "node:fs/promises";

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Kills every process whose network namespace is the one that `path` opens, except our own namespace's. */
export async function killAllIn(path: string): Promise<void> {
  for (const pid of await processesIn(path)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

/** The processes that live in the network namespace that `path` opens; none when that is the one we live in. */
export async function processesIn(path: string): Promise<readonly number[]> {
  const inode = await stat(path).then(
    (found) => found.ino,
    () => undefined,
  );
  const wanted = `net:[${inode}]`;
  if (inode === undefined || (await readlink("/proc/self/ns/net")) === wanted) return [];
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) =>
      (await readlink(`/proc/${pid}/ns/net`).catch(() => "")) === wanted ? Number(pid) : undefined,
    ),
  );
  return found.filter((pid) => pid !== undefined);
}
