import type { Environment } from "./daemon-place.ts";
import type { CliHost, Sink } from "./host.ts";
import { printable, printableJson, printableLines } from "./printable.ts";
import { formatTable, type TableColumn } from "./table.ts";

/** Columns of a sink that does not tell, as some terminals that are none. */
const STANDARD_WIDTH = 80;
/** Of a turning line: the frame, a space, and room for the cursor. */
const MARGIN = 4;

/** Something that takes a while, told on standard error. */
export interface Progress extends Disposable {
  readonly update: (text: string) => void;
}

/** Results go to standard output, all else to standard error. */
export interface Output {
  /** One JSON value. */
  readonly json: (value: unknown) => void;
  /** One JSON value as Docker lays it out. */
  readonly dockerJson: (value: unknown) => void;
  /** One JSON value on one line: for streams. */
  readonly jsonLine: (value: unknown) => void;
  readonly line: (text: string) => void;
  readonly lines: (texts: readonly string[]) => void;
  /** As it is, without a line's end. */
  readonly text: (text: string) => void;
  readonly table: <T>(rows: readonly T[], columns: Readonly<Record<string, TableColumn<T>>>) => void;
  /** A line on standard error, or several. */
  readonly note: (text: string) => void;
  /** Told in any case. */
  readonly progress: (text: string) => Progress;
  /** Told to a person who waits at a terminal, and to nobody else. */
  readonly waiting: (text: string) => Progress;
}

/** What turns while somebody waits. */
export const FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
export const FRAME_MS = 80;
/** What takes less is not worth a flicker. */
const PATIENCE_MS = 150;

export function createOutput({
  stdout,
  stderr,
  environment,
}: Pick<CliHost, "stdout" | "stderr" | "environment">): Output {
  const isLively = (): boolean => stderr.isTerminal && environment["TERM"] !== "dumb";
  const line = (text: string): void => stdout.write(`${text}\n`);
  return {
    json: (value) => line(printableJson(value, 2)),
    dockerJson: (value) => line(printableJson(value, 4)),
    jsonLine: (value) => line(printableJson(value)),
    line,
    lines: (texts) => texts.forEach(line),
    text: stdout.write,
    table: (rows, columns) => stdout.write(formatTable(rows, columns, { colours: hasColours(stdout, environment) })),
    note: (text) => stderr.write(`${printableLines(text)}\n`),
    progress: (text) => (isLively() ? spin(stderr, text) : tell(stderr, text)),
    waiting: (text) => (isLively() ? spin(stderr, text) : silence),
  };
}

export function widthOf({ columns }: Sink): number {
  return columns === undefined || columns === 0 ? STANDARD_WIDTH : columns;
}

/** Source: no-color.org; a terminal that is none has no colours. */
export function hasColours(sink: Sink, environment: Environment): boolean {
  return sink.isTerminal && (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb";
}

const silence: Progress = { update: () => undefined, [Symbol.dispose]: () => undefined };

/** Plain lines, one for each step. */
function tell(stderr: Sink, text: string): Progress {
  let last = "";
  const update = (next: string): void => {
    if (next !== last) stderr.write(`${printable(next)}\n`);
    last = next;
  };
  update(text);
  return { update, [Symbol.dispose]: () => undefined };
}

/** One line that turns, and is gone afterwards. */
function spin(stderr: Sink, text: string): Progress {
  const startedMs = performance.now();
  let current = text;
  let frame = 0;
  let shown = false;
  const timer = setInterval(() => {
    if (performance.now() - startedMs < PATIENCE_MS) return;
    frame = (frame + 1) % FRAMES.length;
    shown = true;
    const room = Math.max(MARGIN, widthOf(stderr) - MARGIN);
    stderr.write(`\r\x1b[K${FRAMES[frame]} ${printable(current).slice(0, room)}`);
  }, FRAME_MS);
  return {
    update: (next) => {
      current = next;
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      if (shown) stderr.write("\r\x1b[K");
      shown = false;
    },
  };
}
