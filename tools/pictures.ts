import { join } from "node:path";
import { drawSvg, graphOfTopology } from "../src/insight/picture/mod.ts";
import { readTopology } from "../src/topology/mod.ts";

/** The examples that have their pictures in docs/pictures. */
export const picturedExamples = ["bridge", "docker-user", "overlay", "red-blue-green"] as const;

const root = join(import.meta.dir, "..");

export function picturePath(example: string): string {
  return join(root, "docs/pictures", `${example}.svg`);
}

/** What `weft topology -f examples/topologies/EXAMPLE.yaml --format svg` writes. */
export async function drawExample(example: string): Promise<string> {
  const path = join(root, "examples/topologies", `${example}.yaml`);
  return drawSvg(graphOfTopology(readTopology({ path, text: await Bun.file(path).text() })), Bun.stringWidth);
}

// Writes docs/pictures; a test compares the two.
if (import.meta.main) {
  for (const example of picturedExamples) await Bun.write(picturePath(example), await drawExample(example));
}
