import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { Refusal } from "../../../contract/plain.ts";
import {
  COMPOSE_FILE_NAMES,
  COMPOSE_OVERRIDE_NAMES,
  ComposeError,
  type ComposeFile,
  type ComposeInput,
  composeVariables,
  parseProjectName,
} from "../../compose/mod.ts";
import type { CliHost } from "../host.ts";
import { anyText, option } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { readInputFile, STDIN } from "./input-file.ts";

/** What every command takes that is about a project. */
export const projectOptions = {
  file: option.list("FILE", "A Compose file, - for standard input; later ones are merged over it", anyText, {
    short: "f",
    complete: "file",
  }),
  projectName: option.value(
    "NAME",
    "What the project is called (default: its file or its directory says)",
    parseProjectName,
    {
      short: "p",
    },
  ),
  projectDirectory: option.value("DIRECTORY", "Where relative paths start (default: the first file's)", anyText, {
    complete: "directory",
  }),
  envFile: option.list("FILE", "Read variables from here (default: .env beside the file)", anyText, {
    complete: "file",
  }),
};

export interface ProjectFlags {
  readonly file: readonly string[];
  readonly projectName: string | undefined;
  readonly projectDirectory: string | undefined;
  readonly envFile: readonly string[];
}

type Surroundings = Pick<CliHost, "environment" | "directory">;

/**
 * Finds and reads what makes up a project, by the flags, `COMPOSE_FILE`, `COMPOSE_ENV_FILES` and the files' usual names, here or
 * in a directory above. Source: Docker's documentation, "Set or change pre-defined environment variables in Docker Compose".
 *
 * @throws {UsageError} when a file is missing or cannot be read.
 */
export function findProject(flags: ProjectFlags, { environment, directory: here }: Surroundings): ComposeInput {
  const base = flags.projectDirectory === undefined ? here : resolve(here, flags.projectDirectory);
  const named = envFileNames(flags, environment);
  // As Docker has it: the .env file of the working directory may name the Compose files, and theirs may add to it.
  const early = named?.map((path) => readFile(here, path)) ?? (flags.file.length === 0 ? beside(here, base) : []);
  const paths = filePaths(flags, composeVariables({ environment, dotenvs: early }), { here, base });
  const files = paths.map((path) => readFile(here, path));
  const [first = STDIN] = paths;
  const directory = flags.projectDirectory !== undefined || first === STDIN ? base : dirname(resolve(here, first));
  const late =
    named === undefined ? beside(here, directory).filter(({ path }) => early.every((one) => one.path !== path)) : [];
  return {
    files,
    directory,
    environment,
    dotenvs: [...early, ...late],
    ...(flags.projectName !== undefined && { projectName: flags.projectName }),
    readText: readOptional,
  };
}

/** The project's name when no file is needed to tell it. */
export function namedProject(flags: ProjectFlags, { environment }: Surroundings): string | undefined {
  if (flags.projectName !== undefined) return flags.projectName;
  const name = environment["COMPOSE_PROJECT_NAME"];
  return flags.file.length === 0 && name !== undefined && name !== "" ? parseProjectName(name) : undefined;
}

/** What is wrong with what files say is the caller's mistake. @throws {Refusal} of kind `invalid`. */
export function readingFiles<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof ComposeError || error instanceof SyntaxError) {
      throw new Refusal("invalid", error.message, { cause: error });
    }
    throw error;
  }
}

/** A later file wins with Docker, an earlier one for our reader; absent when nobody names any. */
function envFileNames(
  { envFile }: ProjectFlags,
  environment: Surroundings["environment"],
): readonly string[] | undefined {
  if (envFile.length > 0) return [...envFile].reverse();
  const listed = environment["COMPOSE_ENV_FILES"];
  if (listed !== undefined && listed !== "") return listed.split(",").reverse();
  return isTrue(environment["COMPOSE_DISABLE_ENV_FILE"]) ? [] : undefined;
}

function isTrue(text: string | undefined): boolean {
  return text !== undefined && ["1", "t", "true"].includes(text.toLowerCase());
}

/** The .env file of a directory, if it has one. */
function beside(here: string, directory: string): readonly ComposeFile[] {
  const path = join(directory, ".env");
  return existsSync(path) ? [readFile(here, shown(here, path))] : [];
}

interface Directories {
  readonly here: string;
  readonly base: string;
}

/** As shown in errors: as the user named them, or seen from here. */
function filePaths(
  { file }: ProjectFlags,
  variables: Readonly<Record<string, string | undefined>>,
  { here, base }: Directories,
): readonly string[] {
  if (file.length > 0) return file;
  const listed = variables["COMPOSE_FILE"];
  if (listed !== undefined && listed !== "") {
    const separator = variables["COMPOSE_PATH_SEPARATOR"];
    return listed.split(separator === undefined || separator === "" ? ":" : separator).map((path) => path.trim());
  }
  for (let directory = base; ; directory = dirname(directory)) {
    const found = firstOf(directory, COMPOSE_FILE_NAMES);
    if (found !== undefined) {
      const over = firstOf(directory, COMPOSE_OVERRIDE_NAMES);
      return [found, ...(over === undefined ? [] : [over])].map((path) => shown(here, path));
    }
    if (directory === dirname(directory)) break;
  }
  throw new UsageError(
    `Cannot find a Compose file in ${base} or above it: want one of ${COMPOSE_FILE_NAMES.join(", ")}, or --file`,
  );
}

function firstOf(directory: string, names: readonly string[]): string | undefined {
  return names.map((name) => join(directory, name)).find((path) => existsSync(path));
}

function shown(here: string, path: string): string {
  const seen = relative(here, path);
  return seen.startsWith("../../..") ? path : seen;
}

function readFile(here: string, path: string): ComposeFile {
  return { path, text: readInputFile(here, path) };
}

function readOptional(path: string): string | undefined {
  return existsSync(path) ? readInputFile("/", path) : undefined;
}
