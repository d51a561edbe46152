import { parseDuration } from "./duration.ts";

/**
 * Reads a moment of RFC 3339, such as `2026-01-02T03:04:05.678Z` or `2026-01-02T04:04:05+01:00`.
 *
 * @returns Milliseconds since 1970; what is finer is cut off.
 * @throws {SyntaxError} names the text and what was wanted.
 */
export function parseInstant(text: string): number {
  const milliseconds = PATTERN.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(milliseconds)) {
    throw new SyntaxError(`Cannot parse time ${JSON.stringify(text)}: want RFC 3339, such as 2026-01-02T03:04:05Z`);
  }
  return milliseconds;
}

/**
 * Reads a moment as people type it: RFC 3339 with or without its end (`2026-01-02T15:04`, `2026-01-02`, then in local time), seconds since
 * 1970 with or without a fraction, or a duration before `now` such as `10m`.
 *
 * @returns Milliseconds since 1970.
 * @throws {SyntaxError} names the text and what was wanted.
 */
export function parseMoment(text: string, now: number): number {
  if (/^\d{1,12}(\.\d{1,9})?$/.test(text)) return Math.floor(Number(text) * 1000);
  const [, date, hour, minute = "00", second = "00", zone = ""] = SHORT_PATTERN.exec(text) ?? [];
  const moment =
    date !== undefined
      ? Date.parse(`${date}T${hour ?? "00"}:${minute}:${second}${zone}`)
      : DURATION_PATTERN.test(text)
        ? now - parseDuration(text)
        : Number.NaN;
  if (Number.isNaN(moment)) {
    throw new SyntaxError(
      `Cannot parse time ${JSON.stringify(text)}: want a time such as 2026-01-02T15:04:05, seconds since 1970, or a duration such as 10m`,
    );
  }
  return moment;
}

const SHORT_PATTERN = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d)(?::(\d\d)(?::(\d\d(?:\.\d{1,9})?))?)?)?([Zz]|[+-]\d\d:\d\d)?$/;
const DURATION_PATTERN = /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d|w))+$/;
const PATTERN = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;
