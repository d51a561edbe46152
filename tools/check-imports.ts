import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Layer, layers } from "./layers.ts";

/** A source file and what it imports, as written there. */
export interface SourceFile {
  /** Relative to the project, such as "src/net/mod.ts". */
  readonly path: string;
  readonly imports: readonly string[];
}

/** The specifiers of all static, dynamic and type-only imports and re-exports of a TypeScript text. */
export function importsOf(text: string): readonly string[] {
  // Bun's own scanner leaves out imports of types, which are dependencies all the same.
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const statements = code.matchAll(/^\s*(?:import|export)\b(?:[^"'`;]*?\bfrom)?\s*"([^"]+)"/gm);
  const calls = code.matchAll(/\bimport\(\s*"([^"]+)"/g);
  return [...statements, ...calls].map(([, specifier]) => specifier).filter((specifier) => specifier !== undefined);
}

/**
 * What the layers forbid among the imports of one file, one sentence for each.
 *
 * @param hasDoor Whether a folder has a `mod.ts`; it is then the only way in from other folders.
 */
export function importProblems(
  file: SourceFile,
  table: readonly Layer[],
  hasDoor: (folder: string) => boolean,
): readonly string[] {
  const layer = layerOf(file.path, table);
  if (layer === undefined) return [`${file.path} lies in no layer: add its folder to tools/layers.ts`];
  return file.imports.flatMap((specifier) => {
    const problem = specifier.startsWith(".")
      ? folderProblem(file, layer, { specifier, table, hasDoor })
      : packageProblem(file, layer, specifier);
    return problem === undefined ? [] : [`${file.path} must not import ${JSON.stringify(specifier)}: ${problem}`];
  });
}

interface FolderImport {
  readonly specifier: string;
  readonly table: readonly Layer[];
  readonly hasDoor: (folder: string) => boolean;
}

function folderProblem(
  file: SourceFile,
  layer: Layer,
  { specifier, table, hasDoor }: FolderImport,
): string | undefined {
  const target = join(dirname(file.path), specifier);
  // Tests stand outside the layers, but come in by the door as everybody does.
  if (isTest(file) && target.startsWith("test/")) return undefined;
  const targetLayer = layerOf(target, table);
  if (targetLayer === undefined) return "it lies in no layer of tools/layers.ts";
  if (targetLayer === layer) return undefined;
  if (!isTest(file) && !layer.imports.some((allowed) => allows(allowed, targetLayer.folder))) {
    return `${layer.folder} may import only ${layer.imports.join(", ") || "itself"}`;
  }
  const isOneHouse = topFolder(layer.folder) === topFolder(targetLayer.folder);
  const needsDoor = !isOneHouse || hasDoor(targetLayer.folder);
  const isDoor = target.endsWith("/mod.ts") || targetLayer.sideDoors?.includes(target) === true;
  return needsDoor && !isDoor ? `want its folder's mod.ts` : undefined;
}

function packageProblem(file: SourceFile, layer: Layer, specifier: string): string | undefined {
  if (specifier === "bun:ffi") return layer.ffi === true ? undefined : "only src/sys calls the C library";
  if (isTest(file)) return undefined;
  if (/^(bun$|bun:|node:)/.test(specifier)) {
    return layer.pure === true ? `${layer.folder} is pure, such things arrive as arguments` : undefined;
  }
  const name = specifier.split("/")[0] ?? "";
  return layer.packages?.includes(name) === true
    ? undefined
    : `${layer.folder} does not list that package in tools/layers.ts`;
}

/** Tests, and what only tests use. */
function isTest({ path }: SourceFile): boolean {
  return path.endsWith(".test.ts") || path.includes("/testing/");
}

function layerOf(path: string, table: readonly Layer[]): Layer | undefined {
  return table
    .filter(({ folder }) => path.startsWith(`${folder}/`))
    .reduce<Layer | undefined>(
      (best, one) => (best === undefined || one.folder.length > best.folder.length ? one : best),
      undefined,
    );
}

function allows(allowed: string, folder: string): boolean {
  if (!allowed.endsWith("/*")) return allowed === folder;
  const parent = allowed.slice(0, -2);
  return folder === parent || folder.startsWith(`${parent}/`);
}

function topFolder(folder: string): string {
  return folder.split("/").slice(0, 2).join("/");
}

/** Checks every file of src and bin. */
export async function checkImports(projectRoot: string): Promise<readonly string[]> {
  const hasDoor = (folder: string): boolean => existsSync(join(projectRoot, folder, "mod.ts"));
  const paths = (await Array.fromAsync(new Bun.Glob("{src,bin}/**/*.ts").scan({ cwd: projectRoot }))).sort();
  const problems = paths.map(async (path) => {
    const imports = importsOf(await Bun.file(join(projectRoot, path)).text());
    return importProblems({ path, imports }, layers, hasDoor);
  });
  return (await Promise.all(problems)).flat();
}

if (import.meta.main) {
  const problems = await checkImports(join(import.meta.dir, ".."));
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exit(problems.length === 0 ? 0 : 1);
}
