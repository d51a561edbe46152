import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildWeft, projectRoot } from "./build.ts";
import { checks } from "./check.ts";
import { installPackages, testPackages } from "./debian-packages.ts";
import { judge, parseTestReport, type Verdict } from "./test-report.ts";

/** For one test; those that need more say so. */
const testTimeoutMs = 60_000;
/** For a file with all its tests; it is killed after that. */
const fileTimeoutMs = 10 * 60_000;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Runs one file in a process of its own: a crash, a leak or a hang then costs that file and no other. */
async function runFile(path: string, reportDirectory: string, program: string): Promise<Verdict> {
  const report = join(reportDirectory, `${path.replaceAll("/", "+")}.xml`);
  const options = ["--only-failures", `--timeout=${testTimeoutMs}`, "--reporter=junit", `--reporter-outfile=${report}`];
  const startedMs = performance.now();
  const child = Bun.spawn([process.execPath, "test", `./${path}`, ...options], {
    cwd: projectRoot,
    env: { ...process.env, WEFT_TEST_PROGRAM: program },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: fileTimeoutMs,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, exitCode] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);

  const xml = await Bun.file(report)
    .text()
    .catch(() => undefined);
  const outcomes = xml === undefined ? [] : parseTestReport(xml);
  const verdict = judge(outcomes, { maySkip: process.env["CI"] !== "true" });
  // A file that does not load, or dies, has no report or one without failures.
  const isBroken = exitCode !== 0 && verdict.failed.length === 0;
  const failed = isBroken ? [`the whole file (exit code ${exitCode})`] : verdict.failed;
  if (failed.length === 0) {
    const skipped = verdict.skipped.length === 0 ? "" : `, ${verdict.skipped.length} skipped`;
    say(`  ${path}: ${verdict.passed} passed${skipped} in ${seconds} s`);
  } else {
    say(`  ${path}: ${failed.length} FAILED in ${seconds} s\n${stdout}${stderr}`.trimEnd());
  }
  return { ...verdict, failed: failed.map((name) => `${path}: ${name}`) };
}

/** Unit tests before those that bring up whole hosts, and each in the order of the alphabet. */
async function findTests(filters: readonly string[]): Promise<readonly string[]> {
  const found = await Array.fromAsync(
    new Bun.Glob("{src,bin,tools,fuzz,bench,test}/**/*.test.ts").scan({ cwd: projectRoot }),
  );
  const wanted = found.filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)));
  const rank = (path: string): string => `${path.startsWith("test/") ? 1 : 0} ${path}`;
  return wanted.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

async function runChecks(): Promise<Verdict> {
  const verdicts = await Promise.all(
    checks.map(async ({ name, run }) => {
      const problem = await run();
      say(problem === "" ? `  ${name}: passed` : `  ${name}: FAILED\n${problem}`);
      return { name, isPassed: problem === "" };
    }),
  );
  return {
    passed: verdicts.filter(({ isPassed }) => isPassed).length,
    failed: verdicts.filter(({ isPassed }) => !isPassed).map(({ name }) => `check: ${name}`),
    skipped: [],
  };
}

async function runTests(filters: readonly string[]): Promise<readonly Verdict[]> {
  if (process.getuid?.() === 0) installPackages(testPackages);
  else say("Not root: tests that need privilege are skipped");
  const { path: program } = await buildWeft();
  const verdicts: Verdict[] = [];
  if (filters.length === 0) {
    say("Checks");
    verdicts.push(await runChecks());
  }
  say("Tests");
  const directory = await mkdtemp(join(tmpdir(), "weft-reports-"));
  try {
    for (const path of await findTests(filters)) verdicts.push(await runFile(path, directory, program));
  } finally {
    await rm(directory, { recursive: true });
  }
  return verdicts;
}

if (import.meta.main) {
  const verdicts = await runTests(process.argv.slice(2)).catch((error: unknown): readonly Verdict[] => {
    say(error instanceof Error ? error.message : String(error));
    return [{ passed: 0, failed: ["setting up"], skipped: [] }];
  });
  const passed = verdicts.reduce((sum, verdict) => sum + verdict.passed, 0);
  const failed = verdicts.flatMap((verdict) => verdict.failed);
  if (failed.length > 0) say(`\nFailed:\n${failed.map((name) => `  ${name}`).join("\n")}`);
  process.stdout.write(`${passed} passed, ${failed.length} failed\n`);
  process.exit(failed.length === 0 && passed > 0 ? 0 : 1);
}
