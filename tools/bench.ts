/** Runs the benches that are named, or all. Each measures us beside a peer, and keeps what it found in bench/results. */
import { join } from "node:path";
import { buildWeft, projectRoot } from "./build.ts";
import { benchPackages, installPackages, testPackages } from "./debian-packages.ts";

const directory = join(projectRoot, "bench");

async function main(names: readonly string[]): Promise<string | undefined> {
  const files = await Array.fromAsync(new Bun.Glob("*.ts").scan({ cwd: directory }));
  const known = files.map((file) => file.replace(/\.ts$/, "")).sort();
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) return `Cannot run the bench ${unknown.join(", ")}: want one of ${known.join(", ")}`;
  if (process.getuid?.() !== 0) return "Cannot run benches: they make network namespaces, want root";
  installPackages([...testPackages, ...benchPackages]);
  const { path } = await buildWeft();

  const chosen = names.length === 0 ? known : names;
  const failed: string[] = [];
  for (const name of chosen) {
    process.stderr.write(`\n${name}\n`);
    const bench = Bun.spawn([process.execPath, join(directory, `${name}.ts`)], {
      cwd: projectRoot,
      env: { ...process.env, WEFT_TEST_PROGRAM: path },
      stdio: ["ignore", "inherit", "inherit"],
    });
    if ((await bench.exited) !== 0) failed.push(name);
  }
  const finished = chosen.filter((name) => !failed.includes(name));
  const verdicts = (await Promise.all(finished.map(readVerdicts))).flat();
  const missed = verdicts.filter(({ isAsWanted }) => !isAsWanted);
  for (const { bench, what } of missed) process.stdout.write(`missed in ${bench}: ${what}\n`);
  if (verdicts.length > 0) {
    process.stdout.write(`\n${verdicts.length - missed.length} of ${verdicts.length} figures are as wanted\n`);
  }
  return failed.length === 0 ? undefined : `Cannot finish ${failed.join(", ")}`;
}

interface Verdict {
  readonly bench: string;
  readonly what: string;
  readonly isAsWanted: boolean;
}

/** Of the figures that something is wanted of, from what the bench has just kept. */
async function readVerdicts(bench: string): Promise<readonly Verdict[]> {
  const kept: { readonly comparisons: readonly (Omit<Verdict, "bench"> & { readonly wanted?: unknown })[] } =
    await Bun.file(join(directory, "results", `${bench}.json`)).json();
  return kept.comparisons
    .filter(({ wanted }) => wanted !== undefined)
    .map(({ what, isAsWanted }) => ({ bench, what, isAsWanted }));
}

const problem = await main(process.argv.slice(2)).catch((error: unknown) =>
  error instanceof Error ? error.message : String(error),
);
if (problem !== undefined) process.stderr.write(`${problem}\n`);
process.exit(problem === undefined ? 0 : 1);
