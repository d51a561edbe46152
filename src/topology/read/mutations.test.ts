import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { quickValue, YamlFileError } from "../../yaml-file/mod.ts";
import { readTopology } from "./read-topology.ts";

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
  ...[
    "010",
    "0x1f",
    "1_0",
    ".5",
    "yes",
    ".inf",
    "a b",
    "a#b",
    "a #b",
    "'it''s'",
    '"q\\n"',
    "'x: y'",
    "[a, b]",
    "{a, b}",
  ],
  ...["::1", "[", "]", "{", "}", ",", "? a", "- b", "\t", "\n\n", "---", "...", "# c: d", "'", '"', "\u2028", "12:30"],
  ...['"a":1', "\r\n", "|", "x,y", "- - a", "@x", "%x", "null: 1", "1: 2", "toString: 1", "a\n    b"],
];

/** A word, a line or a letter changed, as slips of the fingers and worse change them. */
function mutate(text: string, random: (below: number) => number): string {
  const lines = text.split("\n");
  const line = random(lines.length);
  const splinter = splinters[random(splinters.length)] ?? "";
  switch (random(6)) {
    case 0:
      return lines.toSpliced(line, 1).join("\n");
    case 1:
      return lines.toSpliced(line, 0, lines[random(lines.length)] ?? "").join("\n");
    case 2:
      return lines.with(line, (lines[line] ?? "").replace(/[^\s:{}[\],]+(?=[\s\]},]*$)/, splinter)).join("\n");
    case 3:
      return lines.with(line, (lines[line] ?? "").replace(/[^\s:]+(?=:)/, splinter)).join("\n");
    case 4:
      return lines.with(line, " ".repeat(random(4)) + (lines[line] ?? "").trimStart()).join("\n");
    default: {
      const at = random(text.length);
      return text.slice(0, at) + splinter + text.slice(at + random(3));
    }
  }
}

test("whatever a file says, it is read or refused with a place and a sentence", () => {
  const random = createRandom(7);
  let refused = 0;
  for (let round = 0; round < 1500; round++) {
    let text = texts[random(texts.length)] ?? "";
    for (let more = random(3); more >= 0; more--) text = mutate(text, random);
    try {
      readTopology({ path: "t.yaml", text });
    } catch (error) {
      if (!(error instanceof YamlFileError)) throw new Error(`Cannot read:\n${text}`, { cause: error });
      expect(error.message).toMatch(/^Cannot read t\.yaml:\d+:\d+: \S.*[^.]$/s);
      expect(error.message).not.toMatch(/Invalid|undefined|\[object/);
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(500);
});

/** What the library reads, and refuses to read. */
function careful(text: string): { readonly value?: unknown; readonly refusal?: string } {
  try {
    const documents = parseAllDocuments(text, { prettyErrors: false, logLevel: "silent", version: "1.2", merge: true });
    const [document, second] = Array.isArray(documents) ? documents : [];
    if (document === undefined || second !== undefined) return { refusal: "not one document" };
    const [error] = document.errors;
    return error === undefined ? { value: document.toJS() } : { refusal: error.message };
  } catch (error) {
    return { refusal: String(error) };
  }
}

test("what is read quickly is what the library reads with care", () => {
  const random = createRandom(11);
  let quick = 0;
  for (let round = 0; round < 1500; round++) {
    let text = texts[random(texts.length)] ?? "";
    for (let more = random(4); more >= 0; more--) text = mutate(text, random);
    const found = quickValue(text);
    if (found === undefined) continue;
    quick += 1;
    const { value, refusal } = careful(text);
    // The runtime does not mind how far a bracket that closes stands to the left.
    if (refusal?.includes("must be sufficiently indented") === true) continue;
    expect({ text, value: found.value, refusal }).toEqual({ text, value, refusal: undefined });
  }
  expect(quick).toBeGreaterThan(250);
});
