import { type FileDescriptor, OpenFlag, openFile, readSmallFile, SystemCallError, waitForLock } from "../sys/mod.ts";
import { AttachmentStore } from "./store/attachment-store.ts";

/**
 * Takes the attachments' lock, whoever else may want it waits, and opens their store. Every change to what attachments have in the
 * kernel is made under it, by one process at a time, with or without a daemon.
 *
 * @throws {Error} one sentence.
 */
export function openAttachments(runDirectory: string): Attachments {
  const directory = `${runDirectory}/cni`;
  using stack = new DisposableStack();
  const lock = stack.use(openLockFile(directory));
  waitForLock(lock);
  const store = stack.use(new AttachmentStore(storePath(directory)));
  const owned = stack.move();
  return { store, [Symbol.dispose]: () => owned.dispose() };
}

export interface Attachments extends Disposable {
  readonly store: AttachmentStore;
}

function openLockFile(directory: string): FileDescriptor {
  const path = `${directory}/lock`;
  const open = (): FileDescriptor => openFile(path, OpenFlag.readWrite | OpenFlag.create, 0o600);
  try {
    return open();
  } catch (error) {
    if (!(error instanceof SystemCallError && error.errno === "ENOENT")) throw error;
    process.getBuiltinModule("node:fs").mkdirSync(directory, { recursive: true, mode: 0o700 });
    return open();
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
