import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readTopology } from "./read-topology.ts";
import { TopologyError } from "./topology-error.ts";

const directory = join(import.meta.dir, "../../../examples/topologies");
const texts = readdirSync(directory).map((file) => readFileSync(join(directory, file), "utf8"));

/** The same with every run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const splinters = [
  "null",
  "[]",
  "{}",
  "-1",
  "~",
  "true",
  '""',
  "host",
  "default",
  "::/0",
  "0.0.0.0/0",
  "*a",
  "&a x",
  "<<: 1",
  "__proto__",
  "1e9",
  "\0",
  ":",
  "-",
  "lo",
];

/** A word, a line or a letter changed, as slips of the fingers and worse change them. */
function mutate(text: string, random: (below: number) => number): string {
  const lines = text.split("\n");
  const line = random(lines.length);
  const splinter = splinters[random(splinters.length)] ?? "";
  switch (random(5)) {
    case 0:
      return lines.toSpliced(line, 1).join("\n");
    case 1:
      return lines.toSpliced(line, 0, lines[random(lines.length)] ?? "").join("\n");
    case 2:
      return lines.with(line, (lines[line] ?? "").replace(/[^\s:{}[\],]+(?=[\s\]},]*$)/, splinter)).join("\n");
    case 3:
      return lines.with(line, (lines[line] ?? "").replace(/[^\s:]+(?=:)/, splinter)).join("\n");
    default: {
      const at = random(text.length);
      return text.slice(0, at) + splinter + text.slice(at + random(3));
    }
  }
}

test("whatever a file says, it is read or refused with a place and a sentence", () => {
  const random = createRandom(7);
  let refused = 0;
  for (let round = 0; round < 3000; round++) {
    let text = texts[random(texts.length)] ?? "";
    for (let more = random(3); more >= 0; more--) text = mutate(text, random);
    try {
      readTopology({ path: "t.yaml", text });
    } catch (error) {
      if (!(error instanceof TopologyError)) throw new Error(`Cannot read:\n${text}`, { cause: error });
      expect(error.message).toMatch(/^Cannot read t\.yaml:\d+:\d+: \S.*[^.]$/s);
      expect(error.message).not.toMatch(/Invalid|undefined|\[object/);
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(1000);
});
