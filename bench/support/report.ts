import { mkdir } from "node:fs/promises";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";

/** What a figure has to be, from the project's own promises. */
export type Wanted =
  | { readonly kind: "ratio"; readonly atLeast: number }
  | { readonly kind: "ours"; readonly atMost: number };

/** One figure of ours beside a peer's, from one run. */
export interface Comparison {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  /** Absent where nobody else does the thing. */
  readonly peer?: { readonly name: string; readonly value: number };
  /** How many times better ours is; 2 is twice as good whatever the unit. Absent where one of the two is zero. */
  readonly ratio?: number;
  readonly wanted?: Wanted;
}

export interface ComparisonSpec extends Omit<Comparison, "ratio"> {
  readonly better: "less" | "more";
}

export function compare({ better, ...figures }: ComparisonSpec): Comparison {
  const { ours, peer } = figures;
  if (peer === undefined) return figures;
  const ratio = better === "less" ? peer.value / ours : ours / peer.value;
  return { ...figures, ...(Number.isFinite(ratio) && { ratio }) };
}

export function isAsWanted({ ours, ratio, wanted }: Comparison): boolean {
  switch (wanted?.kind) {
    case undefined:
      return true;
    case "ratio":
      return ratio !== undefined && ratio >= wanted.atLeast;
    case "ours":
      return ours <= wanted.atMost;
  }
}

export interface Report {
  /** Also the name of the file in bench/results. */
  readonly name: string;
  readonly comparisons: readonly Comparison[];
  /** What a reader must know: versions of the peers, number of samples, percentiles. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Prints the comparisons as a table, and keeps them in bench/results with what the machine was. */
export async function report({ name, comparisons, facts }: Report): Promise<void> {
  process.stdout.write(`${formatTable(comparisons)}\n`);
  const kept = {
    name,
    takenAt: new Date().toISOString(),
    command: `npm run bench -- ${name}`,
    commit: Bun.spawnSync(["git", "rev-parse", "HEAD"]).stdout.toString().trim(),
    machine: {
      kernel: release(),
      processor: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
      memoryBytes: totalmem(),
      loadAverage: loadavg(),
      bun: Bun.version,
    },
    comparisons: comparisons.map((comparison) => ({ ...comparison, isAsWanted: isAsWanted(comparison) })),
    facts,
  };
  const directory = join(import.meta.dir, "../results");
  await mkdir(directory, { recursive: true });
  await Bun.write(join(directory, `${name}.json`), `${JSON.stringify(kept, undefined, 2)}\n`);
}

export function formatTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map((comparison) => [
    comparison.what,
    `${digits(comparison.ours)} ${comparison.unit}`,
    comparison.peer === undefined ? "–" : `${comparison.peer.name} ${digits(comparison.peer.value)} ${comparison.unit}`,
    comparison.ratio === undefined ? "–" : `${digits(comparison.ratio)}x`,
    wantedText(comparison),
  ]);
  const all = [["WHAT", "WEFT", "PEER", "RATIO", "WANTED"], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => Bun.stringWidth(row[column] ?? ""))));
  return all
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function wantedText(comparison: Comparison): string {
  const { wanted, unit } = comparison;
  if (wanted === undefined) return "";
  const text = wanted.kind === "ratio" ? `${wanted.atLeast}x` : `at most ${wanted.atMost} ${unit}`;
  return isAsWanted(comparison) ? text : `${text}: MISSED`;
}

/** Three digits that matter. */
function digits(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

function pad(text: string, width: number): string {
  return text + " ".repeat(width - Bun.stringWidth(text));
}
