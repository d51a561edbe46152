import { expect, test } from "bun:test";
import { parseRestart } from "./restart.ts";

test.each([
  ["no", { policy: "no" }],
  ["false", { policy: "no" }],
  ["always", { policy: "always" }],
  ["unless-stopped", { policy: "unless-stopped" }],
  ["on-failure", { policy: "on-failure" }],
  ["on-failure:3", { policy: "on-failure", limit: 3 }],
] as const)("%s", (text, expected) => {
  expect(parseRestart(text)).toEqual(expected);
});

test.each(["never", "on-failure:", "on-failure:x", "always:2"])("%s is refused", (text) => {
  expect(() => parseRestart(text)).toThrow(
    `Cannot parse restart policy ${JSON.stringify(text)}: want no, always, on-failure`,
  );
});
