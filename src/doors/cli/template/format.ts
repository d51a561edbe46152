import { type Option, option } from "../option.ts";
import type { Output } from "../output.ts";
import { formatCells } from "../table.ts";
import { UsageError } from "../usage-error.ts";
import { parseTemplate } from "./parse-template.ts";
import { renderTemplate } from "./render-template.ts";

/** What `--format` said. */
export interface Format {
  /** Of one thing. @throws {UsageError} for a field that it has not. */
  readonly render: (thing: unknown) => string;
  readonly isTable: boolean;
  /** `table` alone: the usual columns. */
  readonly isUsual: boolean;
}

const SAYS = "json, or a template such as '{{.Name}}' or '{{json .}}'";

/** For lists: `table TEMPLATE` has a heading, and `\t` and `\n` are what they say. */
export const listFormatOption: Option<Format | undefined> = option.value(
  "FORMAT",
  `${SAYS}; 'table {{.ID}}\\t{{.Name}}' with a heading`,
  (text) => {
    const isTable = text === "table" || text.startsWith("table ");
    const template = (isTable ? text.slice("table ".length) : text).replaceAll("\\t", "\t").replaceAll("\\n", "\n");
    return makeFormat(template, { isTable, isUsual: text === "table" || text === "" });
  },
);

/** For one thing in full. */
export const inspectFormatOption: Option<Format | undefined> = option.value(
  "FORMAT",
  SAYS,
  (text) => makeFormat(text, { isTable: false, isUsual: text === "" }),
  { short: "f" },
);

/**
 * Prints a list in a format.
 *
 * @param headings What a table says above each field.
 */
export function printFormatted(
  out: Output,
  format: Format,
  rows: readonly Readonly<Record<string, unknown>>[],
  headings: Readonly<Record<string, unknown>>,
): void {
  if (format.isTable) {
    const lines = [headings, ...rows].map((row) => format.render(row).split("\t"));
    out.text(formatCells(lines.map((line) => line.map((text) => ({ text })))));
  } else {
    out.lines(rows.map(format.render));
  }
}

function makeFormat(template: string, kind: Pick<Format, "isTable" | "isUsual">): Format {
  const nodes = parseTemplate(template === "json" ? "{{json .}}" : template);
  return {
    ...kind,
    render: (thing) => {
      try {
        return renderTemplate(nodes, thing);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        throw new UsageError(`Cannot use --format ${JSON.stringify(template)}: ${error.message}`);
      }
    },
  };
}
