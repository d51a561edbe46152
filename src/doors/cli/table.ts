/** A column: what its cells say, or that and how they look. */
export type TableColumn<T> =
  | ((row: T) => string)
  | { readonly cell: (row: T) => string; readonly colour: (row: T) => Colour | undefined };

export type Colour = "green" | "yellow" | "red" | "dim";

const CODES: Readonly<Record<Colour, number>> = { green: 32, yellow: 33, red: 31, dim: 2 };

/** Docker's: no column is narrower than ten, three spaces between. Source: docker/cli, cli/command/formatter/formatter.go. */
const LEAST_WIDTH = 10;
const GAP = 3;

/** A heading and one line for each row. Cells hold no line breaks. */
export function formatTable<T>(
  rows: readonly T[],
  columns: Readonly<Record<string, TableColumn<T>>>,
  { colours = false }: { readonly colours?: boolean } = {},
): string {
  const table = Object.entries(columns).map(([heading, column]) => {
    const cellOf = typeof column === "function" ? column : column.cell;
    const cells = rows.map((row) => ({
      text: printable(cellOf(row)),
      colour: typeof column === "function" ? undefined : column.colour(row),
    }));
    const widest = Math.max(heading.length, ...cells.map(({ text }) => Bun.stringWidth(text)));
    return { heading, cells, width: Math.max(widest + GAP, LEAST_WIDTH) };
  });
  const lines = [
    table.map(({ heading, width }) => pad(heading, width)).join(""),
    ...rows.map((_, index) =>
      table
        .map(({ cells, width }) => {
          const { text = "", colour } = cells[index] ?? {};
          const padded = pad(text, width);
          return colours && colour !== undefined
            ? `\x1b[${CODES[colour]}m${text}\x1b[0m${padded.slice(text.length)}`
            : padded;
        })
        .join(""),
    ),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - Bun.stringWidth(text)));
}

/** What another user put into a label or a command must not steer the reader's terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out.
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
}
