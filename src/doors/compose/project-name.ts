import { detailOf } from "./compose-error.ts";
import { child, parsedOf, refuse } from "./field.ts";
import { interpolate, type Variables } from "./interpolate.ts";
import type { MapNode } from "./node.ts";
import { baseName } from "./path.ts";

export interface ProjectNameSources {
  /** `-p`. */
  readonly flag?: string;
  /** In the order of their merge; the last that has a `name` counts. */
  readonly trees: readonly MapNode[];
  readonly variables: Variables;
  /** Of the first file, absolute. */
  readonly directory: string;
}

/**
 * `-p`, then `COMPOSE_PROJECT_NAME`, then `name:`, then the directory's name made legal. Source: Docker's documentation, "Specify a project name".
 *
 * @throws {SyntaxError | ComposeError} names the source, the value and what was wanted.
 */
export function projectName({ flag, trees, variables, directory }: ProjectNameSources): string {
  if (flag !== undefined) return parseProjectName(flag);
  const variable = variables["COMPOSE_PROJECT_NAME"];
  if (variable !== undefined && variable !== "") return parseProjectName(variable);
  for (const tree of [...trees].reverse()) {
    const field = child({ node: tree, path: "" }, "name");
    if (field === undefined) continue;
    return parsedOf(field, (text) => parseProjectName(fillName(text, variables)));
  }
  const name = baseName(directory)
    .toLowerCase()
    .replace(/[^-_a-z0-9]/g, "")
    .replace(/^[-_]+/, "");
  if (name !== "") return parseProjectName(name);
  const first = trees[0];
  const sentence = `directory ${JSON.stringify(directory)} gives the project no name: want "name:" in the file, or -p`;
  throw first === undefined
    ? new SyntaxError(`Cannot name the project: ${sentence}`)
    : refuse({ node: first, path: "" }, sentence);
}

/** @throws {SyntaxError} The limit leaves room for a service's name in a sandbox's. */
export function parseProjectName(text: string): string {
  if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(text)) {
    throw new SyntaxError(
      `Cannot parse project name ${JSON.stringify(text)}: want 1 to 63 lower-case letters, digits, "-" or "_", a letter or digit first`,
    );
  }
  return text;
}

function fillName(text: string, variables: Variables): string {
  try {
    return interpolate(text, variables).text;
  } catch (error) {
    throw new SyntaxError(detailOf(error));
  }
}
