// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are the subject
import { describe, expect, test } from "bun:test";
import { parseDotenv, parseRawEnvFile } from "./dotenv.ts";

const read = (text: string, variables = {}): Record<string, string | undefined> =>
  Object.fromEntries(parseDotenv(text, variables).map(({ name, value }) => [name, value]));

describe("parseDotenv", () => {
  test.each<[string, Record<string, string | undefined>]>([
    ["", {}],
    ["# only\n\n   # comments\n", {}],
    ["A=1\nB=two words \n", { A: "1", B: "two words" }],
    ["\uFEFFA=1\r\nB=2\r\n", { A: "1", B: "2" }],
    ["export A=1", { A: "1" }],
    ["A = 1", { A: "1" }],
    ["A: 1", { A: "1" }],
    ["A=", { A: "" }],
    ["A=\nB=2", { A: "", B: "2" }],
    ["A", { A: undefined }],
    ["A # a name alone", { A: undefined }],
    ["A=b # comment", { A: "b" }],
    ["A=b#no-comment", { A: "b#no-comment" }],
    ["A= # comment", { A: "" }],
    ["A='$B # literal \\n'", { A: "$B # literal \\n" }],
    ["A='it\\'s'", { A: "it's" }],
    ['A="x\\ny\\t\\"z\\""  # comment', { A: 'x\ny\t"z"' }],
    ['A="two\nlines"\nB=1', { A: "two\nlines", B: "1" }],
    ["A=1\nB=${A}2\nC=$B", { A: "1", B: "12", C: "12" }],
    ['A="\\$B"', { A: "$B" }],
    ["A=${GIVEN}-${NONE:-d}", { A: "g-d" }],
    ["GIVEN=file\nA=$GIVEN", { GIVEN: "file", A: "g" }], // the caller's environment wins
  ])("%j", (text, expected) => {
    expect(read(text, { GIVEN: "g" })).toEqual(expected);
  });

  test.each([
    ["A=1\n=2", 2, '"=2" begins with no variable name: want NAME=value'],
    ["A=1\n\nB C", 3, '"C" follows the name B: want "=" and a value'],
    ['A="open\nB=2', 1, 'the value has no closing ": want one'],
    ["A='x' y", 1, "text follows the closing ': want the end of the line"],
    ["A=1\nB=${A", 2, 'Cannot fill in variables of "${A": want "}" or one of :- - :? ? :+ + after ${A'],
  ])("%j is refused", (text, line, sentence) => {
    expect(() => parseDotenv(text, {})).toThrow(expect.objectContaining({ line, message: sentence }));
  });
});

test("the raw format takes values as they are", () => {
  expect(parseRawEnvFile(`# c\nA="x" $Y # z\n\nB`)).toEqual([
    { name: "A", value: '"x" $Y # z' },
    { name: "B", value: undefined },
  ]);
  expect(() => parseRawEnvFile("A=1\na b=2")).toThrow(expect.objectContaining({ line: 2 }));
});
