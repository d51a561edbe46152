import {
  type FileDescriptor,
  OpenFlag,
  openFile,
  readSmallFile,
  SystemCallError,
  tryLock,
  unlock,
  waitForLock,
} from "../sys/mod.ts";
import { AttachmentStore } from "./store/attachment-store.ts";

/**
 * Takes the attachments' lock, whoever else may want it waits, and opens their store. Every change to what attachments have in the
 * kernel is made under it, by one process at a time, with or without a daemon.
 *
 * @throws {Error} one sentence.
 */
export function openAttachments(runDirectory: string): Attachments {
  const directory = directoryOf(runDirectory);
  using stack = new DisposableStack();
  const lock = stack.use(openLockFile(directory));
  waitForLock(lock);
  const store = stack.use(openStore(directory));
  const opened = stack.move();
  return { store, [Symbol.dispose]: () => opened.dispose() };
}

const PATIENCE_MS = 1;

/** For a process that has other things to do while it waits for the lock, and opens them again and again. */
export interface KeptAttachments extends Disposable {
  /** Disposing of what it gives back gives back the lock alone. */
  open(): Promise<Attachments>;
}

export function keepAttachments(runDirectory: string): KeptAttachments {
  const directory = directoryOf(runDirectory);
  let lock: FileDescriptor | undefined;
  let store: AttachmentStore | undefined;
  return {
    async open() {
      lock ??= openLockFile(directory);
      const held = lock;
      while (!tryLock(held)) await Bun.sleep(PATIENCE_MS);
      try {
        store ??= openStore(directory);
      } catch (error) {
        unlock(held);
        throw error;
      }
      return { store, [Symbol.dispose]: () => unlock(held) };
    },
    [Symbol.dispose]() {
      store?.[Symbol.dispose]();
      lock?.[Symbol.dispose]();
      store = undefined;
      lock = undefined;
    },
  };
}

/** Under the lock. */
function openStore(directory: string): AttachmentStore {
  const path = storePath(directory);
  using stack = new DisposableStack();
  const store = stack.use(new AttachmentStore(path));
  if (store.isNew) forgetOtherBoots(directory, path);
  stack.move();
  return store;
}

function forgetOtherBoots(directory: string, path: string): void {
  const { readdirSync, unlinkSync } = process.getBuiltinModule("node:fs");
  for (const name of readdirSync(directory)) {
    const isStore = /\.db(-journal)?$/.test(name);
    if (isStore && !`${directory}/${name}`.startsWith(path)) unlinkSync(`${directory}/${name}`);
  }
}

function directoryOf(runDirectory: string): string {
  return `${runDirectory}/cni`;
}

export interface Attachments extends Disposable {
  readonly store: AttachmentStore;
}

function openLockFile(directory: string): FileDescriptor {
  const path = `${directory}/lock`;
  const openIt = (): FileDescriptor => openFile(path, OpenFlag.readWrite | OpenFlag.create, 0o600);
  try {
    return openIt();
  } catch (error) {
    if (!(error instanceof SystemCallError && error.errno === "ENOENT")) throw error;
    process.getBuiltinModule("node:fs").mkdirSync(directory, { recursive: true, mode: 0o700 });
    return openIt();
  }
}

/**
 * The boot is in the name: after another one nothing is left of what attachments had, and all that they had is free.
 *
 * Source of the id: /proc/sys/kernel/random/boot_id, which changes with every start of the kernel.
 */
function storePath(directory: string): string {
  return `${directory}/${readSmallFile("/proc/sys/kernel/random/boot_id").trim()}.db`;
}
