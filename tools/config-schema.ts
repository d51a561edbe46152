import { join } from "node:path";
import { configJsonSchema } from "../src/config/mod.ts";

// Writes docs/weft.schema.json, which editors complete configuration files with; a test compares the two.
const path = join(import.meta.dir, "../docs/weft.schema.json");
await Bun.write(path, `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
