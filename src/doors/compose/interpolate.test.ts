// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are the subject
import { describe, expect, test } from "bun:test";
import { interpolate } from "./interpolate.ts";

const variables = { SET: "value", EMPTY: "", _u1: "under", DOLLAR: "$SET" };

describe("interpolate", () => {
  test.each([
    ["plain text", "plain text"],
    ["$SET", "value"],
    ["$SET.txt", "value.txt"],
    ["a${SET}b", "avalueb"],
    ["$_u1", "under"],
    ["$$SET", "$SET"],
    ["$$$SET", "$value"],
    ["$$$$", "$$"],
    ["$${SET}", "${SET}"],
    ["${SET:-x}", "value"],
    ["${EMPTY:-x}", "x"],
    ["${EMPTY-x}", ""],
    ["${NONE:-x}", "x"],
    ["${NONE-x}", "x"],
    ["${NONE:-}", ""],
    ["${NONE:-a b:c-d?e+f}", "a b:c-d?e+f"],
    ["${SET:+x}", "x"],
    ["${EMPTY:+x}", ""],
    ["${EMPTY+x}", "x"],
    ["${NONE+x}", ""],
    ["${SET:?gone}", "value"],
    ["${EMPTY?gone}", ""],
    ["${NONE:-${SET}}", "value"],
    ["${NONE:-${OTHER:-$SET-x}}-y", "value-x-y"],
    ["${NONE:-a$$b}", "a$b"],
    ["${SET:-${NONE:?not reached}}", "value"],
    ["${SET:-$$}}", "value}"],
    ["${SET:+${SET}/${NONE:-d}}", "value/d"],
    ["$DOLLAR", "$SET"], // a value is never filled in again
    ["}", "}"],
    ["{}", "{}"],
  ])("%s gives %s", (template, text) => {
    expect(interpolate(template, variables)).toEqual({ text, missing: [] });
  });

  test("variables without value or default are empty, and named once", () => {
    expect(interpolate("$NONE-${NONE}-${NONE:-$OTHER}", variables)).toEqual({ text: "--", missing: ["NONE", "OTHER"] });
  });

  test("names of Object's own members are missing like any other", () => {
    expect(interpolate("$constructor", variables)).toEqual({ text: "", missing: ["constructor"] });
  });

  test.each([
    ["${NONE:?want the port}", "Cannot fill in variable NONE: it is not set or empty: want the port"],
    ["${EMPTY:?}", "Cannot fill in variable EMPTY: it is not set or empty"],
    ["${NONE?say $SET}", "Cannot fill in variable NONE: it is not set: say value"],
    ["$5", 'Cannot fill in variables of "$5": want a name after the dollar in "$5", or "$$" for a dollar itself'],
    ["a$", 'Cannot fill in variables of "a$": want a name after the dollar in "$", or "$$" for a dollar itself'],
    ["${}", 'Cannot fill in variables of "${}": want a name after the dollar in "${}", or "$$" for a dollar itself'],
    ["${SET", 'Cannot fill in variables of "${SET": want "}" or one of :- - :? ? :+ + after ${SET'],
    ["${SET!x}", 'Cannot fill in variables of "${SET!x}": want "}" or one of :- - :? ? :+ + after ${SET'],
    ["${NONE:-x", 'Cannot fill in variables of "${NONE:-x": want "}" to close ${NONE'],
    ["${SET:-${X}", 'Cannot fill in variables of "${SET:-${X}": want "}" to close ${SET'],
  ])("%s is refused", (template, sentence) => {
    expect(() => interpolate(template, variables)).toThrow(sentence);
  });

  test("depth is limited", () => {
    expect(() => interpolate("${A:-".repeat(10_000), {})).toThrow("want at most 32 variables in one another");
    expect(() => interpolate("${SET:-".repeat(10_000), variables)).toThrow("to close ${SET");
  });

  test("any text gives a result or a sentence", () => {
    let seed = 7;
    const next = (limit: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % limit;
    };
    const parts = ["$", "{", "}", "SET", "NONE", ":", "-", "?", "+", "$$", "${", "x", "${SET:-", "é", " "];
    for (let round = 0; round < 20_000; round++) {
      const template = Array.from({ length: next(9) }, () => parts[next(parts.length)]).join("");
      try {
        const { text, missing } = interpolate(template, variables);
        if (!template.includes("$")) expect({ text, missing }).toEqual({ text: template, missing: [] });
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
        expect(String(error)).toContain("Cannot fill in");
      }
    }
  });
});
