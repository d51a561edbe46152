const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Reads `1m30s`, `500ms`, `1.5h`, `0`. Source: Compose Specification, "Specifying durations".
 *
 * @returns Milliseconds, rounded up to whole ones.
 * @throws {SyntaxError} names the text and what was wanted.
 */
export function parseDuration(text: string): number {
  if (text === "0") return 0;
  const part = /(\d{1,12}(?:\.\d{1,12})?)(ns|us|µs|ms|s|m|h|d|w)/y;
  let total = 0;
  let end = 0;
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    total += Number(match[1]) * (UNIT_MS[match[2] ?? ""] ?? 0);
    end = part.lastIndex;
  }
  if (end === 0 || end !== text.length) {
    throw new SyntaxError(
      `Cannot parse duration ${JSON.stringify(text)}: want numbers with units, such as 1m30s or 500ms`,
    );
  }
  return Math.ceil(total);
}
