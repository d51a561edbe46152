import type { Variables } from "./interpolate.ts";
import { type ComposeProject, readComposeProject } from "./mod.ts";

export interface Fixture {
  /** Texts of `compose.yaml` and what is merged over it. */
  readonly texts: readonly string[];
  readonly environment?: Variables;
  readonly dotenv?: string;
  readonly profiles?: readonly string[];
  readonly services?: readonly string[];
  readonly projectName?: string;
  /** Other files by absolute path; the project lies in `/srv/shop`. */
  readonly others?: Readonly<Record<string, string>>;
}

/** For tests: a project of texts, in no file system. */
export function readFixture({
  texts,
  environment = {},
  dotenv,
  profiles,
  services,
  projectName,
  others = {},
}: Fixture): ComposeProject {
  const files = texts.map((text, index) => ({ path: index === 0 ? "compose.yaml" : `over-${index}.yaml`, text }));
  return readComposeProject({
    files,
    directory: "/srv/shop",
    environment,
    ...(dotenv !== undefined && { dotenvs: [{ path: ".env", text: dotenv }] }),
    ...(profiles !== undefined && { profiles }),
    ...(services !== undefined && { services }),
    ...(projectName !== undefined && { projectName }),
    readText: (path) => others[path],
  });
}

/** The same of one text. */
export function readText(text: string, rest: Omit<Fixture, "texts"> = {}): ComposeProject {
  return readFixture({ ...rest, texts: [text] });
}
