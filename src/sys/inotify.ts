import { FileDescriptor } from "./file-descriptor.ts";
import { allocateKernelMemory, pathPointer } from "./kernel-memory.ts";
import { libc } from "./libc.ts";
import { lastError } from "./system-call-error.ts";

const IN_CLOEXEC = 0o2000000;
const IN_NONBLOCK = 0o4000;
/** Source: include/uapi/linux/inotify.h. */
const IN_MODIFY = 0x2;
const IN_Q_OVERFLOW = 0x4000;
/** `struct inotify_event` without a name: what we watch are files, not folders. */
const EVENT_BYTES = 16;
const CAPACITY = 256;

/** Tells which files are written to. Readable when there is something to tell; see inotify(7). */
export class Inotify implements Disposable {
  readonly descriptor: FileDescriptor;
  readonly #events = allocateKernelMemory(CAPACITY * EVENT_BYTES);

  /** @throws {SystemCallError} `EMFILE` when this user has as many as it may, mostly 128. */
  constructor() {
    const fd = libc.inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd < 0) throw lastError("inotify_init1", "watch files");
    this.descriptor = new FileDescriptor(fd);
  }

  /** @returns Its number; one that is watched already keeps its own. @throws {SystemCallError} `ENOENT`, `ENOSPC`. */
  add(path: string): number {
    const watch = libc.inotify_add_watch(this.descriptor.number, pathPointer(path), IN_MODIFY);
    if (watch < 0) throw lastError("inotify_add_watch", `watch ${path}`);
    return watch;
  }

  /** Harmless for one whose file is gone. */
  remove(watch: number): void {
    libc.inotify_rm_watch(this.descriptor.number, watch);
  }

  /** @returns The numbers of files that were written to since the last call; `undefined` when there were too many to tell. */
  read(): ReadonlySet<number> | undefined {
    const found = new Set<number>();
    let isComplete = true;
    for (;;) {
      const length = Number(libc.read(this.descriptor.number, this.#events.pointer, CAPACITY * EVENT_BYTES));
      if (length <= 0) return isComplete ? found : undefined;
      for (let at = 0; at < length; at += EVENT_BYTES) {
        const mask = this.#events.view.getUint32(at + 4, true);
        if ((mask & IN_Q_OVERFLOW) !== 0) isComplete = false;
        else if ((mask & IN_MODIFY) !== 0) found.add(this.#events.view.getInt32(at, true));
      }
    }
  }

  [Symbol.dispose](): void {
    this.descriptor[Symbol.dispose]();
  }
}
