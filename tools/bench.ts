/** Runs the benches that are named, or all. Each measures us beside a peer, and keeps what it found in bench/results. */
import { join } from "node:path";
import { buildWeft, projectRoot } from "./build.ts";
import { benchPackages, installPackages, testPackages } from "./debian-packages.ts";

async function main(names: readonly string[]): Promise<string | undefined> {
  const directory = join(projectRoot, "bench");
  const files = await Array.fromAsync(new Bun.Glob("*.ts").scan({ cwd: directory }));
  const known = files.map((file) => file.replace(/\.ts$/, "")).sort();
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) return `Cannot run the bench ${unknown.join(", ")}: want one of ${known.join(", ")}`;

  if (process.getuid?.() !== 0) return "Cannot run benches: they make network namespaces, want root";
  installPackages([...testPackages, ...benchPackages]);
  const { path } = await buildWeft();

  const failed: string[] = [];
  for (const name of names.length === 0 ? known : names) {
    process.stderr.write(`${name}\n`);
    const bench = Bun.spawn([process.execPath, join(directory, `${name}.ts`)], {
      cwd: projectRoot,
      env: { ...process.env, WEFT_TEST_PROGRAM: path },
      stdio: ["ignore", "inherit", "inherit"],
    });
    if ((await bench.exited) !== 0) failed.push(name);
  }
  return failed.length === 0 ? undefined : `Cannot finish ${failed.join(", ")}`;
}

const problem = await main(process.argv.slice(2)).catch((error: unknown) =>
  error instanceof Error ? error.message : String(error),
);
if (problem !== undefined) process.stderr.write(`${problem}\n`);
process.exit(problem === undefined ? 0 : 1);
