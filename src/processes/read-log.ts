import { type FileHandle, open } from "node:fs/promises";
import { findData } from "../sys/mod.ts";
import type { LogWatch } from "./log-watch.ts";

const CHUNK_BYTES = 65536;
const NEWLINE = 10;

export interface FollowOptions {
  readonly logs: LogWatch;
  /** Ends the reading, after what was written until then. */
  readonly until: Promise<void>;
}

export interface ReadLogOptions {
  /** How many lines from the end; absent: all. */
  readonly tail?: number;
  /** To wait for more. */
  readonly follow?: FollowOptions;
}

/** The lines of a log, without their newlines. The last may be one that is not finished. Without `follow`, those that are there now. */
export async function* readLog(path: string, { tail, follow }: ReadLogOptions): AsyncGenerator<string, void> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return; // nothing has ever run there
  await using _file = { [Symbol.asyncDispose]: () => file.close() };
  using growth = follow && watchGrowth(path, follow);
  const end = growth === undefined ? (await file.stat()).size : Number.POSITIVE_INFINITY;
  const lines = new LineSplitter();
  let at = tail === undefined ? 0 : await tailStart(file, tail);
  for (;;) {
    const isLast = growth === undefined || growth.isOver; // asked before reading: what came until then is read
    const start = findData(file.fd, at) ?? at;
    if (start > at) lines.startAmidLine(); // the beginning has become a hole, perhaps while we read it
    at = start;
    const wanted = Math.max(0, Math.min(CHUNK_BYTES, end - at)); // it may have become a hole beyond its old end
    const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, wanted, at);
    at += bytesRead;
    yield* lines.split(buffer.subarray(0, bytesRead));
    if (bytesRead > 0) continue;
    if (isLast) break;
    await growth.next();
  }
  yield* lines.rest();
}

/** Puts lines together from the blocks that they come in. */
class LineSplitter {
  #begun: Buffer[] = [];
  #skipping = false;

  /** What comes next begins anywhere in a line, whose end is left out. */
  startAmidLine(): void {
    this.#begun = [];
    this.#skipping = true;
  }

  *split(bytes: Buffer): Generator<string, void> {
    let from = 0;
    for (let newline = bytes.indexOf(NEWLINE); newline >= 0; newline = bytes.indexOf(NEWLINE, from)) {
      const line = [...this.#begun, bytes.subarray(from, newline)];
      from = newline + 1;
      this.#begun = [];
      if (!this.#skipping) yield decode(line);
      this.#skipping = false;
    }
    if (from < bytes.length && !this.#skipping) this.#begun.push(bytes.subarray(from));
  }

  *rest(): Generator<string, void> {
    if (this.#begun.length > 0) yield decode(this.#begun);
  }
}

function decode(parts: readonly Buffer[]): string {
  const [only] = parts;
  return (parts.length === 1 && only !== undefined ? only : Buffer.concat(parts)).toString();
}

async function tailStart(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat();
  if (lines === 0) return size;
  const first = findData(file.fd, 0) ?? 0;
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let missing = lines;
  for (let end = size; end > first; ) {
    const start = Math.max(first, end - CHUNK_BYTES);
    const { bytesRead } = await file.read(chunk, 0, end - start, start);
    for (let index = bytesRead - 1; index >= 0; index--) {
      // The newline at the very end finishes the last line; it does not begin one.
      if (chunk[index] !== NEWLINE || start + index === size - 1) continue;
      missing -= 1;
      if (missing === 0) return start + index + 1;
    }
    end = start;
  }
  return 0;
}

interface Growth extends Disposable {
  readonly isOver: boolean;
  /** Resolves when there may be more to read. */
  next(): Promise<void>;
}

function watchGrowth(path: string, { logs, until }: FollowOptions): Growth {
  let changed = false;
  let isOver = false;
  let wake = (): void => {};
  const tell = (): void => {
    changed = true;
    wake();
  };
  const watched = logs.add(path, tell);
  void until.then(() => {
    isOver = true;
    tell();
  });
  return {
    get isOver() {
      return isOver;
    },
    async next() {
      if (!changed) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      changed = false;
    },
    [Symbol.dispose]: () => watched[Symbol.dispose](),
  };
}
