import { watch } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

const CHUNK_BYTES = 65536;
const NEWLINE = 10;
const decoder = new TextDecoder();

export interface ReadLogOptions {
  readonly tail?: number;
  /** Wait for more; ends when this resolves, after what was written until then. */
  readonly followUntil?: Promise<void>;
}

/** The lines of a log, without their newlines. The last may be one that is not finished. */
export async function* readLog(path: string, { tail, followUntil }: ReadLogOptions): AsyncGenerator<string, void> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return; // nothing has ever run there
  await using _file = { [Symbol.asyncDispose]: () => file.close() };
  using growth = followUntil === undefined ? undefined : watchGrowth(path, followUntil);
  let rest = Buffer.alloc(0);
  let at = tail === undefined ? await dataStart(file) : await tailStart(file, tail);
  for (;;) {
    const isLast = growth === undefined || growth.isOver;
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, at);
    if (bytesRead === 0) {
      if (isLast || growth === undefined) break;
      await growth.next();
      continue;
    }
    at += bytesRead;
    rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      yield decoder.decode(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
    }
  }
  if (rest.length > 0) yield decoder.decode(rest);
}

/** Where the first whole line stands: the beginning of a long log is a hole, which ends anywhere in a line. */
async function dataStart(file: FileHandle): Promise<number> {
  const { size, blocks } = await file.stat();
  if (blocks * 512 >= size) return 0;
  let at = Math.max(0, size - blocks * 512);
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let inHole = at > 0;
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, at);
    if (bytesRead === 0) return at;
    for (let index = 0; index < bytesRead; index++) {
      if (chunk[index] === 0) inHole = true;
      else if (!inHole) return at + index;
      else if (chunk[index] === NEWLINE) inHole = false;
    }
    at += bytesRead;
  }
}

async function tailStart(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat();
  if (lines === 0) return size;
  const first = await dataStart(file);
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let missing = lines;
  for (let end = size; end > first; ) {
    const start = Math.max(first, end - CHUNK_BYTES);
    const { bytesRead } = await file.read(chunk, 0, end - start, start);
    for (let index = bytesRead - 1; index >= 0; index--) {
      // The newline at the very end finishes the last line; it does not begin one.
      if (chunk[index] !== NEWLINE || start + index === size - 1) continue;
      missing -= 1;
      if (missing <= 0) return start + index + 1;
    }
    end = start;
  }
  return first;
}

interface Growth extends Disposable {
  readonly isOver: boolean;
  /** Resolves when there may be more to read. */
  next(): Promise<void>;
}

function watchGrowth(path: string, until: Promise<void>): Growth {
  let changed = false;
  let isOver = false;
  let wake = (): void => {};
  const tell = (): void => {
    changed = true;
    wake();
  };
  const watcher = watch(path, tell);
  void until.then(() => {
    isOver = true;
    tell();
  });
  return {
    get isOver() {
      return isOver;
    },
    async next() {
      if (!changed)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      changed = false;
    },
    [Symbol.dispose]: () => watcher.close(),
  };
}
