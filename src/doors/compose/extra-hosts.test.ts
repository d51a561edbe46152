import { expect, test } from "bun:test";
import { parseExtraHost } from "./extra-hosts.ts";

test.each([
  ["db=10.0.0.5", "db", "10.0.0.5"],
  ["db:10.0.0.5", "db", "10.0.0.5"],
  ["db=[fd00::5]", "db", "fd00::5"],
  ["db:[::1]", "db", "::1"],
  ["db:::1", "db", "::1"],
  ["db=::1", "db", "::1"],
  ["host.docker.internal:host-gateway", "host.docker.internal", "host-gateway"],
])("%s", (text, name, address) => {
  expect<unknown>(parseExtraHost(text)).toEqual({ name, address });
});

test.each([
  ["db", "want NAME=ADDRESS"],
  ["db=", "want NAME=ADDRESS"],
  ["=1.1.1.1", 'Cannot parse host name ""'],
  ["db=10.0.0.256", 'Cannot parse IP address "10.0.0.256"'],
  ["a b=10.0.0.1", 'Cannot parse host name "a b"'],
])("%j is refused", (text, detail) => {
  expect(() => parseExtraHost(text)).toThrow(detail);
});
