import { type FileDescriptor, openFile } from "../../sys/mod.ts";
import type { KeptProcess } from "./keeper-folder.ts";

/** A line of JSON: what the topology is to have. What runs and is not here ends; what is here and does not run starts. */
export interface KeeperRequest {
  readonly processes: readonly Pick<KeptProcess, "at" | "spec">[];
}

/** The answer, a line as well: when it is so. */
export interface KeeperAnswer {
  /** One sentence, when it could not be. */
  readonly error?: string;
}

/** A socket's path may have 107 bytes, and a topology's name alone 64: so the socket is named by an open descriptor of its folder. */
export function socketAddress(folder: FileDescriptor): string {
  return `/proc/self/fd/${folder.number}/keeper.sock`;
}

/** @throws {SystemCallError} `ENOENT` */
export function openFolder(path: string): FileDescriptor {
  return openFile(path);
}

/** Calls back for each whole line. */
export class LineReader {
  readonly #line: (text: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = "";

  constructor(line: (text: string) => void) {
    this.#line = line;
  }

  push(bytes: Uint8Array): void {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    const lines = this.#rest.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
  }
}
