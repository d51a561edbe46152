import { expect, test } from "bun:test";
import type { Sink } from "./host.ts";
import { createOutput } from "./output.ts";
import { printableJson } from "./printable.ts";
import { playCli } from "./testing/play-cli.ts";

/** Clears the screen; a C1 "control sequence introducer"; back to the line's beginning. */
const STEERING = "a\x1b[2Jb\x9b2Jc\rd";
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

function pipe(): Sink & { text: string } {
  return {
    text: "",
    isTerminal: false,
    columns: undefined,
    write(text) {
      this.text += text;
    },
  };
}

test("notes and progress steer no terminal, and keep their lines", () => {
  const stderr = pipe();
  const out = createOutput({ stdout: pipe(), stderr, environment: {} });
  out.note(`${STEERING}\nnext`);
  out.progress(STEERING)[Symbol.dispose]();
  expect(stderr.text).toBe("a [2Jb 2Jc d\nnext\na [2Jb 2Jc d\n");
});

test("JSON means the same, and steers no terminal", () => {
  const text = printableJson({ [STEERING]: STEERING });
  expect(text).not.toMatch(CONTROL);
  expect(JSON.parse(text)).toEqual({ [STEERING]: STEERING });
});

test("an error that quotes a file steers no terminal", async () => {
  await using cli = await playCli();
  const { exitCode, stderr } = await cli.run("network", "create", `x${STEERING}`);
  expect(exitCode).not.toBe(0);
  expect(stderr).not.toMatch(CONTROL);
});
