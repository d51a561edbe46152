import { printable } from "./printable.ts";

/** A column: what its cells say, or that and how they look. */
export type TableColumn<T> =
  | ((row: T) => string)
  | { readonly cell: (row: T) => string; readonly colour: (row: T) => Colour | undefined };

export type Colour = "green" | "yellow" | "red" | "dim";

const CODES: Readonly<Record<Colour, number>> = { green: 32, yellow: 33, red: 31, dim: 2 };

/** Docker's: no column is narrower than ten, three spaces between. Source: docker/cli, cli/command/formatter/formatter.go. */
const LEAST_WIDTH = 10;
const GAP = 3;

interface Cell {
  readonly text: string;
  readonly colour?: Colour | undefined;
}

interface Layout {
  readonly colours?: boolean;
}

/** A heading and one line for each row. */
export function formatTable<T>(
  rows: readonly T[],
  columns: Readonly<Record<string, TableColumn<T>>>,
  layout: Layout = {},
): string {
  const cells = rows.map((row) =>
    Object.values(columns).map((column): Cell => {
      if (typeof column === "function") return { text: column(row) };
      return { text: column.cell(row), colour: column.colour(row) };
    }),
  );
  return formatCells([Object.keys(columns).map((text) => ({ text })), ...cells], layout);
}

/** Lines of cells, the heading among them, under each other. */
export function formatCells(lines: readonly (readonly Cell[])[], { colours = false }: Layout = {}): string {
  const shown = lines.map((line) => line.map(({ text, colour }) => ({ text: printable(text), colour })));
  const widths = Array.from({ length: Math.max(...lines.map((line) => line.length)) }, (_, column) =>
    Math.max(LEAST_WIDTH, ...shown.map((line) => Bun.stringWidth(line[column]?.text ?? "") + GAP)),
  );
  return shown
    .map(
      (line) =>
        `${line
          .map(({ text, colour }, column) => paint(text, widths[column] ?? 0, colours ? colour : undefined))
          .join("")
          .trimEnd()}\n`,
    )
    .join("");
}

function paint(text: string, width: number, colour: Colour | undefined): string {
  const padding = " ".repeat(Math.max(0, width - Bun.stringWidth(text)));
  return colour === undefined ? text + padding : `\x1b[${CODES[colour]}m${text}\x1b[0m${padding}`;
}
