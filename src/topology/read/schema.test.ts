import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { readTopology } from "./read-topology.ts";
import { topologyJsonSchema } from "./schema.ts";

const root = join(import.meta.dir, "../../..");

test("docs/topology.schema.json is the schema: tools/topology-schema.ts writes it", () => {
  const published: unknown = JSON.parse(readFileSync(join(root, "docs/topology.schema.json"), "utf8"));
  expect(published).toEqual(JSON.parse(JSON.stringify(topologyJsonSchema())));
});

test("the topologies of docs/topology.md are read, each whole one as it stands", () => {
  const text = readFileSync(join(root, "docs/topology.md"), "utf8");
  const files = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, body = ""]) => body);
  const whole = files.filter((body) => body.includes("topology:"));
  expect(whole.length).toBeGreaterThan(0);
  for (const body of whole) readTopology({ path: "docs/topology.md", text: body });
  for (const body of files) expect(parseAllDocuments(body)).toMatchObject([{ errors: [] }]);
});

test("the examples are read, and no name of theirs is longer than a link's", () => {
  const directory = join(root, "examples/topologies");
  for (const file of readdirSync(directory))
    readTopology({ path: file, text: readFileSync(join(directory, file), "utf8") });
});
