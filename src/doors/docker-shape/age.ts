const UNITS = [
  ["second", 1000, 60],
  ["minute", 60_000, 60],
  ["hour", 3_600_000, 48],
  ["day", 86_400_000, 14],
  ["week", 604_800_000, 9],
  ["month", 2_592_000_000, 24],
  ["year", 31_536_000_000, Number.POSITIVE_INFINITY],
] as const;

/** `3 minutes`, as Docker says it. Source: docker/go-units, duration.go. */
export function formatAge(milliseconds: number): string {
  if (milliseconds < 1000) return "Less than a second";
  for (const [unit, length, most] of UNITS) {
    const count = Math.floor(milliseconds / length);
    if (count >= most) continue;
    if (count !== 1) return `${count} ${unit}s`;
    return unit === "hour" ? "About an hour" : unit === "minute" ? "About a minute" : `1 ${unit}`;
  }
  return "";
}
