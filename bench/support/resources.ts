import { readFile } from "node:fs/promises";
import { type Place, witness } from "../../test/support/mod.ts";

/** Rules of all tables in a place, as nft counts them: those that iptables made are among them. */
export async function countRules(place: Place): Promise<number> {
  const ruleset = await witness(place, "nft -j list ruleset");
  return JSON.stringify(ruleset).split('{"rule":').length - 1;
}

/** What the processes hold in memory, each with what it shares with others. */
export async function residentMegabytes(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(
    pids.map(async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => ""); // it ended meanwhile
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
    }),
  );
  return each.reduce((sum, one) => sum + one, 0) / 1000;
}

/** How much of one processor the processes take, in per cent, over some time. */
export async function processorShare(pids: readonly number[], durationMs: number): Promise<number> {
  const before = await processorMs(pids);
  await Bun.sleep(durationMs);
  return ((await processorMs(pids)) - before) / (durationMs / 100);
}

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every architecture that we run on

/** Also of threads that have ended. Source: proc(5), /proc/pid/stat, fields 14 and 15. */
async function processorMs(pids: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const pid of pids) {
    const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""); // it ended meanwhile
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" "); // from the third: a name may hold spaces
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks * (1000 / TICKS_PER_SECOND);
}
