import { errnoName, errnoNumbers } from "./errno.ts";
import { openFile } from "./file-descriptor.ts";
import { allocateKernelMemory, pathPointer } from "./kernel-memory.ts";
import { lastErrno, libc } from "./libc.ts";
import { lastError, SystemCallError } from "./system-call-error.ts";

const CHUNK_BYTES = 64 * 1024;

/**
 * All that an open descriptor has to give, as text. For processes that live for milliseconds: node:fs takes one to load.
 *
 * @throws {SystemCallError}
 * @throws {RangeError} when there is more than `limitBytes`.
 */
export function readDescriptor(fd: number, limitBytes: number): string {
  const memory = allocateKernelMemory(CHUNK_BYTES);
  const decoder = new TextDecoder();
  let text = "";
  for (let total = 0; ; ) {
    const length = Number(libc.read(fd, memory.pointer, CHUNK_BYTES));
    if (length === 0) return text + decoder.decode();
    if (length < 0) {
      const errno = lastErrno();
      if (errno === errnoNumbers.EINTR) continue;
      throw new SystemCallError("read", `read descriptor ${fd}`, errnoName(errno));
    }
    total += length;
    if (total > limitBytes) throw new RangeError(`Cannot read descriptor ${fd}: want at most ${limitBytes} bytes`);
    text += decoder.decode(memory.bytes.subarray(0, length), { stream: true });
  }
}

/** A whole small file as text. @throws {SystemCallError} */
export function readSmallFile(path: string): string {
  using file = openFile(path);
  return readDescriptor(file.number, 1024 * 1024);
}

/** Writes all of a text to an open descriptor. @throws {SystemCallError} `EPIPE` when nobody reads any more. */
export function writeDescriptor(fd: number, text: string): void {
  const bytes = new TextEncoder().encode(text);
  const memory = allocateKernelMemory(Math.max(bytes.length, 1));
  memory.bytes.set(bytes);
  for (let written = 0; written < bytes.length; ) {
    const length = Number(libc.write(fd, (memory.address + written) as typeof memory.pointer, bytes.length - written));
    if (length > 0) written += length;
    else {
      const errno = lastErrno();
      if (errno !== errnoNumbers.EINTR && errno !== errnoNumbers.EAGAIN) {
        throw new SystemCallError("write", `write to descriptor ${fd}`, errnoName(errno));
      }
    }
  }
}

const SYS_READLINKAT = process.arch === "arm64" ? 78 : 267;
const AT_FDCWD = 0xffffff9c;

/** Where a symbolic link leads, such as those of /proc/PID/ns. @throws {SystemCallError} */
export function readLink(path: string): string {
  const memory = allocateKernelMemory(4096);
  const length = Number(libc.syscall(SYS_READLINKAT, AT_FDCWD, Number(pathPointer(path)), memory.address, 4096));
  if (length < 0) throw lastError("readlinkat", `read the link ${path}`);
  return new TextDecoder().decode(memory.bytes.slice(0, length));
}
