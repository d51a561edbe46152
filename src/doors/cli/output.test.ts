import { describe, expect, test } from "bun:test";
import { formatAge } from "../docker-shape/mod.ts";
import type { Sink } from "./host.ts";
import { createOutput, hasColours } from "./output.ts";
import { formatTable } from "./table.ts";

const sink = (isTerminal: boolean, columns = 80): Sink & { text: string } => ({
  text: "",
  isTerminal,
  columns,
  write(text) {
    this.text += text;
  },
});

test("a table has Docker's widths: columns of ten at least, three spaces between", () => {
  const rows = [
    { id: "0123456789ab", name: "ü漢" },
    { id: "1", name: "a long name" },
  ];
  const columns = { ID: (row: (typeof rows)[0]) => row.id, NAME: (row: (typeof rows)[0]) => row.name, S: () => "x" };
  expect(formatTable(rows, columns)).toBe(
    ["ID             NAME          S", "0123456789ab   ü漢           x", "1              a long name   x", ""].join(
      "\n",
    ),
  );
  expect(formatTable([], { A: () => "", B: () => "" })).toBe("A         B\n");
});

test("a cell steers no terminal, and breaks no line", () => {
  expect(formatTable(["\x1b[2Jgone\nnext\x9b"], { A: (text) => text })).toBe("A\n [2Jgone next\n");
});

test("a cell's colour does not widen its column", () => {
  const column = { cell: (text: string) => text, colour: () => "red" as const };
  expect(formatTable(["x"], { A: column, B: () => "y" }, { colours: true })).toBe(
    "A         B\n\x1b[31mx\x1b[0m         y\n",
  );
});

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: "1" }, false],
  [true, { NO_COLOR: "" }, true],
  [true, { TERM: "dumb" }, false],
])("colours on a terminal %p with %j: %p", (isTerminal, environment, expected) => {
  expect(hasColours(sink(isTerminal), environment)).toBe(expected);
});

describe("progress", () => {
  test("is a line for each step where there is no terminal, and nothing for who only waits", () => {
    const stderr = sink(false);
    const out = createOutput({ stdout: sink(false), stderr, environment: {} });
    {
      using progress = out.progress("Starting");
      progress.update("Starting");
      progress.update("Half way");
      using _waiting = out.waiting("Waiting");
    }
    expect(stderr.text).toBe("Starting\nHalf way\n");
  });

  test("is one line on a terminal, and gone afterwards", async () => {
    const stderr = sink(true, 12);
    const out = createOutput({ stdout: sink(true), stderr, environment: {} });
    {
      using _progress = out.progress("A very long sentence");
      while (stderr.text === "") await Bun.sleep(5);
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is about them.
    expect(stderr.text).toMatch(/^(\r\x1b\[K[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] A very l)+\r\x1b\[K$/);
  });
});

test.each([
  [0, "Less than a second"],
  [1000, "1 second"],
  [59_999, "59 seconds"],
  [60_000, "About a minute"],
  [150_000, "2 minutes"],
  [3_600_000, "About an hour"],
  [47 * 3_600_000, "47 hours"],
  [48 * 3_600_000, "2 days"],
  [14 * 86_400_000, "2 weeks"],
  [70 * 86_400_000, "2 months"],
  [800 * 86_400_000, "2 years"],
])("%d ms are %s", (milliseconds, text) => {
  expect(formatAge(milliseconds)).toBe(text);
});
