import { expect, test } from "bun:test";
import { splitShellWords } from "./shell-words.ts";

// Expected: Python 3.11's shlex.split; test/peers/compose-config.test.ts compares the two on more.
test.each([
  ["", []],
  ["a", ["a"]],
  ["  a \t b\nc  ", ["a", "b", "c"]],
  [`sh -c 'echo "x y"'`, ["sh", "-c", 'echo "x y"']],
  [`--name="a b"c`, ["--name=a bc"]],
  [`"a\\"b" 'a\\b' "a\\b" a\\ b`, ['a"b', "a\\b", "a\\b", "a b"]],
  [`'' ""`, ["", ""]],
  ["a # b", ["a", "#", "b"]],
  ["a && b|c", ["a", "&&", "b|c"]],
])("%j splits into %j", (text, words) => {
  expect(splitShellWords(text)).toEqual(words);
});

test.each([
  ["'a", "want a closing '"],
  ['"a', 'want a closing "'],
  ["a\\", "nothing follows its last backslash"],
])("%j is refused", (text, detail) => {
  expect(() => splitShellWords(text)).toThrow(detail);
});
