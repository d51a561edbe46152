import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";

/** Bytes, after which a log file makes room for the next: there are two at most. */
const FILE_LIMIT = 8 * 1024 * 1024;

export type LogLevel = "info" | "warning" | "error";

/** The daemon's log: one JSON object a line, to a file that is kept small or to standard error. */
export class DaemonLog implements Disposable {
  readonly #path: string | undefined;
  #fd: number;
  #size: number;

  /** @param path Absent: standard error. @throws {Error} of the file system. */
  constructor(path: string | undefined) {
    this.#path = path;
    this.#fd = path === undefined ? 2 : openSync(path, "a", 0o600);
    this.#size = path === undefined ? 0 : fstatSync(this.#fd).size;
  }

  readonly write = (level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    this.#writeLine(JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }));
  };

  /** The last words of a daemon that ends, as it would say them to a person. */
  sayPlainly(sentence: string): void {
    this.#writeLine(`weft: ${sentence}`);
  }

  [Symbol.dispose](): void {
    if (this.#fd !== 2) closeSync(this.#fd);
    this.#fd = 2;
  }

  #writeLine(line: string): void {
    try {
      this.#size += writeSync(this.#fd, `${line}\n`);
      if (this.#path !== undefined && this.#size > FILE_LIMIT) this.#turn(this.#path);
    } catch {
      // A full disk, or a reader that went away: serving goes on.
    }
  }

  #turn(path: string): void {
    renameSync(path, `${path}.1`);
    closeSync(this.#fd);
    this.#fd = 2;
    this.#fd = openSync(path, "a", 0o600);
    this.#size = 0;
  }
}
