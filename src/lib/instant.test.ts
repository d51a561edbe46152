import { expect, test } from "bun:test";
import { parseInstant, parseMoment } from "./instant.ts";

test.each([
  ["1970-01-01T00:00:00Z", 0],
  ["1970-01-01T01:00:00.250+01:00", 250],
  ["2026-01-02T03:04:05.123456789Z", 1767323045123],
])("%s is a moment", (text, milliseconds) => {
  expect(parseInstant(text)).toBe(milliseconds);
});

test.each(["", "now", "2026-01-02", "2026-01-02T03:04:05", "2026-13-02T03:04:05Z", "1767323045"])(
  "%j is refused",
  (text) => {
    expect(() => parseInstant(text)).toThrow(`Cannot parse time ${JSON.stringify(text)}: want RFC 3339`);
  },
);

const now = 1_000_000_000_000;
const local = (text: string): number => new Date(text).getTime();

test.each([
  ["10m", now - 600_000],
  ["1h30m", now - 5_400_000],
  ["1767323045", 1767323045000],
  ["1767323045.25", 1767323045250],
  ["2026-01-02T03:04:05.5Z", 1767323045500],
  ["2026-01-02T03:04+00:00", 1767323040000],
  ["2026-01-02T15", local("2026-01-02T15:00:00")],
  ["2026-01-02", local("2026-01-02T00:00:00")],
])("%s is a moment of a person", (text, milliseconds) => {
  expect(parseMoment(text, now)).toBe(milliseconds);
});

test.each(["", "soon", "-5m", "2026-02-30x", "1e9", "10 m"])("%j is no moment", (text) => {
  expect(() => parseMoment(text, now)).toThrow(`Cannot parse time ${JSON.stringify(text)}: want a time such as`);
});
