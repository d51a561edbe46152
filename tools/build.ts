import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** The top of this project. */
export const projectRoot: string = join(import.meta.dir, "..");

const program = join(projectRoot, "dist/weft");
const stamp = join(projectRoot, "dist/weft.sources");

/**
 * Why each flag: weft runs as root in directories that others write, so the file must not read `.env` or `bunfig.toml` (a preload
 * is code) from there, and must refuse code made of strings, which also refuses `BUN_OPTIONS=--preload`.
 */
const flags = [
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
  "--compile-exec-argv=--disallow-code-generation-from-strings=strict --no-ffi-cc --no-addons",
  // Workers lie flat beside the program, where `new URL("./x-worker.ts", import.meta.url)` looks for them.
  "--entry-naming=[name].[ext]",
  // What is imported later lies apart, and flat beside the workers: in one piece, whatever any module imports of the runtime is
  // loaded first. The launcher, which starts before every program, takes half the time so.
  "--splitting",
  // Forty milliseconds off each start; the format keeps `import.meta.url` that of the compiled file.
  "--bytecode",
  "--format=esm",
  "--sourcemap=inline",
];

export interface BuildResult {
  readonly path: string;
  /** False when the file was there already, made from the same sources. */
  readonly built: boolean;
}

/**
 * Makes dist/weft, one file that needs nothing else, unless it is there already.
 *
 * @throws {Error} When a worker breaks the rules that make it found, or the compiler refuses the sources.
 */
export async function buildWeft(): Promise<BuildResult> {
  const sources = await findSources();
  const workers = sources.filter((path) => path.endsWith("-worker.ts"));
  const problem = workerProblem(workers, await readWorkerReferences(sources));
  if (problem !== undefined) throw new Error(problem);

  const wanted = await fingerprint(sources);
  if ((await Bun.file(program).exists()) && (await textOf(stamp)) === wanted) return { path: program, built: false };

  // Built beside and renamed: whoever runs the old file keeps it, and a build that fails leaves it alone.
  const workshop = await mkdtemp(join(await madeDirectory(dirname(program)), ".build-"));
  const fresh = join(workshop, basename(program)); // the name is what the program sees in its `argv`
  const command = [process.execPath, "build", "--compile", "bin/weft.ts", ...workers, `--outfile=${fresh}`, ...flags];
  const compiler = Bun.spawnSync(command, { cwd: projectRoot, stdout: "ignore", stderr: "pipe" });
  try {
    if (compiler.exitCode !== 0) throw new Error(`Cannot build dist/weft:\n${compiler.stderr.toString()}`);
    await rename(fresh, program);
  } finally {
    await rm(workshop, { recursive: true });
  }
  await Bun.write(stamp, wanted);
  return { path: program, built: true };
}

async function madeDirectory(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  return path;
}

/** Every file that the program is made of, relative to the project, sorted. */
async function findSources(): Promise<readonly string[]> {
  const found = await Array.fromAsync(new Bun.Glob("{bin,src}/**/*").scan({ cwd: projectRoot }));
  return found.filter((path) => !path.endsWith(".test.ts")).sort();
}

async function fingerprint(sources: readonly string[]): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for (const path of [...sources, "package-lock.json", "tools/build.ts"]) {
    hash.update(`${path}\0`);
    hash.update(await Bun.file(join(projectRoot, path)).arrayBuffer());
  }
  return hash.digest("hex");
}

async function textOf(path: string): Promise<string | undefined> {
  const file = Bun.file(path);
  return (await file.exists()) ? await file.text() : undefined;
}

/** A place in the sources that starts a worker. */
export interface WorkerReference {
  readonly file: string;
  /** As written there, such as "./deleter-worker.ts". */
  readonly url: string;
}

async function readWorkerReferences(sources: readonly string[]): Promise<readonly WorkerReference[]> {
  const references: WorkerReference[] = [];
  for (const file of sources.filter((path) => path.endsWith(".ts"))) {
    const text = await Bun.file(join(projectRoot, file)).text();
    for (const [, url] of text.matchAll(/new URL\(\s*"([^"]*-worker\.ts)"/g)) {
      if (url !== undefined) references.push({ file, url });
    }
  }
  return references;
}

/** What would make a worker found from source and not in the compiled file, as one sentence. */
export function workerProblem(workers: readonly string[], references: readonly WorkerReference[]): string | undefined {
  const byName = Map.groupBy(workers, (path) => basename(path));
  for (const [name, paths] of byName) {
    if (paths.length > 1)
      return `Cannot build dist/weft: ${paths.join(" and ")} have the same name ${name}, want one of each`;
  }
  for (const { file, url } of references) {
    if (url.startsWith("./") && workers.includes(join(dirname(file), url))) continue;
    return `Cannot build dist/weft: ${file} starts the worker ${JSON.stringify(url)}, want a worker in its own folder`;
  }
  return undefined;
}

if (import.meta.main) {
  const startedMs = performance.now();
  try {
    const { path, built } = await buildWeft();
    const megabytes = Math.round(Bun.file(path).size / 1e6);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    process.stderr.write(built ? `Built dist/weft, ${megabytes} MB, in ${seconds} s\n` : "dist/weft is up to date\n");
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
