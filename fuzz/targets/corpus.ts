import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Messages that fuzz/capture.ts took from a kernel. */
export function corpus(name: string): readonly Uint8Array[] {
  const text = readFileSync(join(import.meta.dir, "../corpus", `${name}.hex`), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => new Uint8Array(Buffer.from(line, "hex")));
}
