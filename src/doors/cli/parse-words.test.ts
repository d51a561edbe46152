import { describe, expect, test } from "bun:test";
import { anyText, option } from "./option.ts";
import { parseWords } from "./parse-words.ts";
import { UsageError } from "./usage-error.ts";

const options = {
  quiet: option.flag("", { short: "q" }),
  filter: option.list("F", "", anyText, { short: "f" }),
  noTrunc: option.flag(""),
  ipRange: option.value("P", "", anyText, { also: ["--range"] }),
};
const title = "weft net";

describe("parseWords", () => {
  test.each([
    { words: [], options: {}, operands: [] },
    { words: ["a", "-q", "b"], options: { quiet: [true] }, operands: ["a", "b"] },
    { words: ["-qf", "x=1", "--filter=y=2"], options: { quiet: [true], filter: ["x=1", "y=2"] }, operands: [] },
    { words: ["-fx", "a"], options: { filter: ["x"] }, operands: ["a"] },
    { words: ["-f=x", "-qf=y=z", "-"], options: { filter: ["x", "y=z"], quiet: [true] }, operands: ["-"] },
    { words: ["-q=true", "-q=0"], options: { quiet: [true, false] }, operands: [] },
    { words: ["--no-quiet", "--no-quiet=false"], options: { quiet: [false, true] }, operands: [] },
    { words: ["--quiet=true", "a"], options: { quiet: [true] }, operands: ["a"] },
    { words: ["--quiet=0"], options: { quiet: [false] }, operands: [] },
    { words: ["--no-trunc"], options: { noTrunc: [true] }, operands: [] },
    { words: ["--no-trunc=false"], options: { noTrunc: [false] }, operands: [] },
    { words: ["--ip-range", "--quiet=false"], options: { ipRange: ["--quiet=false"] }, operands: [] },
    { words: ["--range=1", "--ip-range=2"], options: { ipRange: ["1", "2"] }, operands: [] },
    { words: ["--ip-range="], options: { ipRange: [""] }, operands: [] },
    { words: ["--", "-q", "--quiet=x"], options: {}, operands: ["-q", "--quiet=x"] },
    { words: ["--filter", "--", "-f", "--help"], options: { filter: ["--", "--help"] }, operands: [] },
    { words: ["a", "--", "--help"], options: {}, operands: ["a", "--help"] },
  ])("reads $words", ({ words, options: expected, operands }) => {
    const parsed = parseWords({ title, options, program: false }, words);
    if (parsed.kind !== "line") throw new Error("help");
    const given = Object.entries(parsed.line.options).filter(([, values]) => values.length > 0);
    expect(Object.fromEntries(given)).toEqual(expected);
    expect(parsed.line.operands).toEqual(operands);
  });

  test("leaves a program's own words alone", () => {
    const words = ["-q", "web", "ls", "-q", "--quiet=false", "--help", "--", "x"];
    expect(parseWords({ title, options, program: true }, words)).toMatchObject({
      kind: "line",
      line: { options: { quiet: [true] }, operands: words.slice(1) },
    });
  });

  test.each(["--help", "-h", "-qh", "a --help", "--zebra --help", "--filter=x --help --filter"])("sees %s", (words) => {
    expect(parseWords({ title, options, program: false }, words.split(" "))).toEqual({ kind: "help" });
  });

  test("leaves -h to an option that has it", () => {
    const own = { hostname: option.value("NAME", "", anyText, { short: "h" }) };
    expect(parseWords({ title, options: own, program: false }, ["-h", "x"])).toMatchObject({
      line: { options: { hostname: ["x"] } },
    });
    expect(parseWords({ title, options: own, program: false }, ["--help"])).toEqual({ kind: "help" });
  });

  test.each([
    [["--fliter", "x"], "Cannot use --fliter: weft net has no such option", "did you mean --filter?"],
    [["--zebra=1"], "Cannot use --zebra: weft net has no such option", "see weft net --help"],
    [["-z"], "Cannot use -z: weft net has no such option", "see weft net --help"],
    [["-q-"], "Cannot use --: weft net has no such option", "see weft net --help"],
    [["-qf"], "Cannot use -f: its value is missing", "see weft net --help"],
    [["--filter"], "Cannot use --filter: its value is missing", "see weft net --help"],
    [["--quiet=perhaps"], 'Cannot use --quiet "perhaps": want true or false', undefined],
  ])("refuses %j", (words, message, hint) => {
    const refused = (): unknown => parseWords({ title, options, program: false }, words);
    expect(refused).toThrow(expect.objectContaining({ name: "UsageError", message, hint }));
  });
});

test("whatever is typed is read or refused in a sentence, and no word is lost", () => {
  const fragments = [
    "-",
    "--",
    "-q",
    "-qf",
    "-fq",
    "-z",
    "--quiet",
    "--quiet=false",
    "--filter",
    "--filter=",
    "--no-trunc",
    "--no-no-trunc",
    "--=",
    "-1",
    "",
    "a",
    "a=b",
    "--help=x",
    "--range",
    "x",
  ];
  let state = 7;
  const next = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  let read = 0;
  for (let round = 0; round < 5000; round++) {
    const words = Array.from({ length: next(6) }, () => fragments[next(fragments.length)] ?? "");
    try {
      const parsed = parseWords({ title, options, program: false }, words);
      if (parsed.kind !== "line") continue;
      read++;
      const plain = words.filter((word) => word === "a" || word === "x").length;
      const kept = [...parsed.line.operands, ...Object.values(parsed.line.options).flat()];
      expect(kept.filter((word) => word === "a" || word === "x").length).toBe(plain);
    } catch (error) {
      if (!(error instanceof UsageError)) throw new Error(`On ${JSON.stringify(words)}`, { cause: error });
    }
  }
  expect(read).toBeGreaterThan(500);
});
