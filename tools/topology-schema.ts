import { join } from "node:path";
import { topologyJsonSchema } from "../src/topology/mod.ts";

// Writes docs/topology.schema.json, which editors complete topology files with; a test compares the two.
const path = join(import.meta.dir, "../docs/topology.schema.json");
await Bun.write(path, `${JSON.stringify(topologyJsonSchema(), undefined, 2)}\n`);
