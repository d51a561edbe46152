import { readdir, readFile, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { waitFor } from "./wait-for.ts";

const ROOT = "/sys/fs/cgroup";

/** Kills all that lives in a control group and removes it, from every hierarchy: of version 1 there is one for each controller. */
export async function endCgroup(name: string): Promise<void> {
  const hierarchies = [ROOT, ...(await directoriesIn(ROOT))];
  const groups = (await Promise.all(hierarchies.map((hierarchy) => groupsBelow(join(hierarchy, name))))).flat();
  for (const group of groups) for (const pid of await processesIn(group)) kill(pid);
  // A group can go when the last of its dead is buried.
  for (const group of groups) {
    await waitFor(async () => (await tryRemove(group)) || undefined, { what: `the end of control group ${group}` });
  }
}

/** The inner ones first; none when there is no such group. */
async function groupsBelow(group: string): Promise<readonly string[]> {
  const inner = await directoriesIn(group).catch(() => undefined);
  if (inner === undefined) return [];
  return [...(await Promise.all(inner.map(groupsBelow))).flat(), group];
}

async function directoriesIn(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
}

async function processesIn(group: string): Promise<readonly number[]> {
  const text = await readFile(join(group, "cgroup.procs"), "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself meanwhile.
  }
}

async function tryRemove(group: string): Promise<boolean> {
  try {
    await rmdir(group);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT";
  }
}
