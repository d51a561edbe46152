import { FileDescriptor } from "./file-descriptor.ts";
import { allocateKernelMemory } from "./kernel-memory.ts";
import { libc } from "./libc.ts";
import { lastError } from "./system-call-error.ts";

const O_CLOEXEC = 0o2000000;
const ends = allocateKernelMemory(8);

export interface Pipe {
  readonly read: FileDescriptor;
  readonly write: FileDescriptor;
}

/** Both ends closed on exec. What is called a pipe elsewhere in Bun is a socket, which a program cannot open again as /dev/stdout. */
export function openPipe(): Pipe {
  if (libc.pipe2(ends.pointer, O_CLOEXEC) !== 0) throw lastError("pipe2", "create a pipe");
  return {
    read: new FileDescriptor(ends.view.getInt32(0, true)),
    write: new FileDescriptor(ends.view.getInt32(4, true)),
  };
}
