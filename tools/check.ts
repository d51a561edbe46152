import { join } from "node:path";
import { checkImports } from "./check-imports.ts";

const projectRoot = join(import.meta.dir, "..");

/** One thing that all sources must pass. */
export interface Check {
  readonly name: string;
  /** What is wrong, as text for people; empty when nothing is. */
  readonly run: () => Promise<string>;
}

export const checks: readonly Check[] = [
  {
    name: "format and lint",
    run: () => program("biome", ["ci", "--colors=off", "--diagnostic-level=warn", "--error-on-warnings", "."]),
  },
  { name: "types", run: () => program("tsc", ["-p", ".", "--noEmit"]) },
  { name: "imports", run: async () => (await checkImports(projectRoot)).join("\n") },
];

async function program(name: string, args: readonly string[]): Promise<string> {
  const path = join(projectRoot, "node_modules/.bin", name);
  const child = Bun.spawn([path, ...args], { cwd: projectRoot, stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return exitCode === 0 ? "" : `${stdout}${stderr}`.trim() || `exit code ${exitCode}`;
}

if (import.meta.main) {
  const problems = await Promise.all(checks.map(async ({ name, run }) => ({ name, problem: await run() })));
  for (const { name, problem } of problems) {
    process.stderr.write(problem === "" ? `${name}: passed\n` : `${name}: failed\n${problem}\n`);
  }
  process.exit(problems.every(({ problem }) => problem === "") ? 0 : 1);
}
