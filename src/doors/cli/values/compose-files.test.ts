import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readComposeProject } from "../../compose/mod.ts";
import { findProject, namedProject, type ProjectFlags, readingFiles } from "./compose-files.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "weft-files-"));
  const service = (name: string): string => `services: {${name}: {command: "run $WHAT"}}`;
  const files: Readonly<Record<string, string>> = {
    "plain/compose.yaml": service("plain"),
    "plain/deep/er/here": "",
    "plain/.env": "WHAT=beside\n",
    "plain/deep/er/.env": "WHAT=near\n",
    "both/compose.yml": service("base"),
    "both/docker-compose.override.yml": service("over"),
    "both/docker-compose.yml": service("never"),
    "named/.env": "COMPOSE_FILE=one.yaml:two.yaml\nWHAT=named\n",
    "named/one.yaml": service("one"),
    "named/two.yaml": service("two"),
    "named/other.env": "WHAT=other\nMORE=x\n",
    "named/last.env": "WHAT=last\n",
    "empty/nothing": "",
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
});
afterAll(() => rmSync(root, { recursive: true }));

const NONE: ProjectFlags = { file: [], projectName: undefined, projectDirectory: undefined, envFile: [] };

interface Case {
  readonly name: string;
  readonly here: string;
  readonly flags?: Partial<ProjectFlags>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly services: readonly string[];
  readonly what: string;
  /** Relative to the root. */
  readonly directory: string;
}

const cases: readonly Case[] = [
  { name: "the file here", here: "plain", services: ["plain"], what: "beside", directory: "plain" },
  {
    name: "the file of a directory above, and the nearer .env over its own",
    here: "plain/deep/er",
    services: ["plain"],
    what: "near",
    directory: "plain",
  },
  {
    name: "the first usual name, and what is merged over it",
    here: "both",
    services: ["base", "over"],
    what: "",
    directory: "both",
  },
  { name: "COMPOSE_FILE of .env", here: "named", services: ["one", "two"], what: "named", directory: "named" },
  {
    name: "COMPOSE_FILE of the environment over that, with a separator of its own",
    here: "named",
    environment: { COMPOSE_FILE: "two.yaml,../plain/compose.yaml", COMPOSE_PATH_SEPARATOR: "," },
    services: ["two", "plain"],
    what: "named",
    directory: "named",
  },
  {
    name: "--file over all of them, with the .env of its directory",
    here: "named",
    flags: { file: ["../plain/compose.yaml"] },
    services: ["plain"],
    what: "beside",
    directory: "plain",
  },
  {
    name: "--env-file in place of .env, the last over the first",
    here: "named",
    flags: { file: ["one.yaml"], envFile: ["other.env", "last.env"] },
    services: ["one"],
    what: "last",
    directory: "named",
  },
  {
    name: "COMPOSE_ENV_FILES",
    here: "named",
    flags: { file: ["one.yaml"] },
    environment: { COMPOSE_ENV_FILES: "last.env,other.env" },
    services: ["one"],
    what: "other",
    directory: "named",
  },
  {
    name: "no .env where that is switched off",
    here: "plain",
    environment: { COMPOSE_DISABLE_ENV_FILE: "1" },
    services: ["plain"],
    what: "",
    directory: "plain",
  },
  {
    name: "the environment over every file",
    here: "plain",
    environment: { WHAT: "caller" },
    services: ["plain"],
    what: "caller",
    directory: "plain",
  },
  {
    name: "--project-directory, where relative paths start",
    here: "empty",
    flags: { file: ["../named/one.yaml"], projectDirectory: "../plain" },
    services: ["one"],
    what: "beside",
    directory: "plain",
  },
];

describe("findProject finds", () => {
  test.each(cases)("$name", ({ here, flags = {}, environment = {}, services, what, directory }) => {
    const input = findProject({ ...NONE, ...flags }, { environment, directory: join(root, here) });
    const project = readComposeProject(input);
    expect(project.services.map(({ name }) => name)).toEqual([...services]);
    expect(project.services[0]?.command).toEqual(["run", ...(what === "" ? [] : [what])]);
    expect(input.directory).toBe(join(root, directory));
  });

  test("files as the user sees them from where they are", () => {
    const paths = (here: string): readonly string[] =>
      findProject(NONE, { environment: {}, directory: join(root, here) }).files.map(({ path }) => path);
    expect(paths("plain")).toEqual(["compose.yaml"]);
    expect(paths("plain/deep/er")).toEqual(["../../compose.yaml"]);
    expect(paths("both")).toEqual(["compose.yml", "docker-compose.override.yml"]);
  });
});

describe("findProject refuses", () => {
  const find = (here: string, flags: Partial<ProjectFlags> = {}): unknown =>
    findProject({ ...NONE, ...flags }, { environment: {}, directory: join(root, here) });

  test("a directory without a file", () => {
    expect(() => find("empty")).toThrow(
      `Cannot find a Compose file in ${join(root, "empty")} or above it: want one of`,
    );
  });
  test("a file that is not there, and one that is none", () => {
    expect(() => find("plain", { file: ["gone.yaml"] })).toThrow("Cannot read gone.yaml: there is no such file");
    expect(() => find("plain", { file: ["deep"] })).toThrow("Cannot read deep: it is a directory");
    expect(() => find("plain", { envFile: ["gone.env"] })).toThrow("Cannot read gone.env: there is no such file");
  });
});

test("a project's name may need no file", () => {
  const named = (flags: Partial<ProjectFlags>, environment = {}): string | undefined =>
    namedProject({ ...NONE, ...flags }, { environment, directory: root });
  expect(named({ projectName: "x", file: ["f"] })).toBe("x");
  expect(named({}, { COMPOSE_PROJECT_NAME: "y" })).toBe("y");
  expect(named({ file: ["f"] }, { COMPOSE_PROJECT_NAME: "y" })).toBeUndefined();
  expect(named({}, { COMPOSE_PROJECT_NAME: "" })).toBeUndefined();
  expect(() => readingFiles(() => named({}, { COMPOSE_PROJECT_NAME: "No!" }))).toThrow(
    'Cannot parse project name "No!"',
  );
});
