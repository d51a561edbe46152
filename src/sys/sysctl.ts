import { type FileDescriptor, OpenFlag, openFile } from "./file-descriptor.ts";
import { allocateKernelMemory } from "./kernel-memory.ts";
import { libc } from "./libc.ts";
import { lastError } from "./system-call-error.ts";

const VALUE_BYTES = 4096;
const buffer = allocateKernelMemory(VALUE_BYTES);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Writes a sysctl of the network namespace that this thread is in.
 *
 * @param path Below /proc/sys, with slashes, because a link's name may hold dots: `net/ipv4/conf/eth0.5/forwarding`.
 * @throws {SystemCallError} `ENOENT` when there is no such sysctl or link, `EINVAL` when the kernel refuses the value.
 */
export function writeSysctl(path: string, value: string): void {
  using file = openSysctl(path, OpenFlag.writeOnly);
  const length = encode(`${value}\n`, path);
  if (Number(libc.write(file.number, buffer.pointer, length)) !== length) {
    throw lastError("write", `set sysctl ${path} to ${JSON.stringify(value)}`);
  }
}

/** The value without the newline at its end; several numbers are separated by tabs. @throws {SystemCallError} */
export function readSysctl(path: string): string {
  using file = openSysctl(path, OpenFlag.readOnly);
  const length = Number(libc.read(file.number, buffer.pointer, VALUE_BYTES));
  if (length < 0) throw lastError("read", `read sysctl ${path}`);
  return decoder.decode(buffer.bytes.slice(0, length)).replace(/\n$/, "");
}

function openSysctl(path: string, flags: number): FileDescriptor {
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\0"))) {
    throw new SyntaxError(
      `Cannot use sysctl ${JSON.stringify(path)}: want names with slashes, such as net/ipv4/ip_forward`,
    );
  }
  return openFile(`/proc/sys/${path}`, flags);
}

function encode(text: string, path: string): number {
  const { read, written } = encoder.encodeInto(text, buffer.bytes);
  if (read < text.length) throw new RangeError(`Cannot set sysctl ${path}: want at most ${VALUE_BYTES - 1} bytes`);
  return written;
}
