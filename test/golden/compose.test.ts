import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readComposeProject } from "../../src/doors/compose/mod.ts";

const folder = join(import.meta.dir, "compose");

/** Every folder below `compose` is a project: compose.yaml, over.yaml merged over it, its .env, and what must come of them. */
describe("Compose projects", () => {
  test.each(readdirSync(folder))("%s", (name) => {
    const read = (file: string): string | undefined => {
      const path = join(folder, name, file);
      return existsSync(path) ? readFileSync(path, "utf8") : undefined;
    };
    const files = ["compose.yaml", "over.yaml"].flatMap((path) => {
      const text = read(path);
      return text === undefined ? [] : [{ path, text }];
    });
    const dotenv = read(".env");
    const project = readComposeProject({
      files,
      directory: `/srv/${name}`,
      environment: {},
      ...(dotenv !== undefined && { dotenvs: [{ path: ".env", text: dotenv }] }),
      readText: (path) => (path.startsWith(`/srv/${name}/`) ? read(path.slice(`/srv/${name}/`.length)) : undefined),
    });
    expect<unknown>(project).toEqual(JSON.parse(read("project.json") ?? "null"));
  });
});
