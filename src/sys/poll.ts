import { errnoNumbers } from "./errno.ts";
import { allocateKernelMemory } from "./kernel-memory.ts";
import { lastErrno, libc } from "./libc.ts";
import { lastError } from "./system-call-error.ts";

const CAPACITY = 512;
const ENTRY_BYTES = 8;
const POLLIN = 1;
const entries = allocateKernelMemory(CAPACITY * ENTRY_BYTES);

/**
 * Blocks this thread until some descriptors are readable, hung up or in error.
 *
 * @param timeoutMs -1 waits for ever.
 * @returns Their indexes; none after the time.
 * @throws {SystemCallError}
 */
export function pollReadable(fds: readonly number[], timeoutMs: number): readonly number[] {
  if (fds.length > CAPACITY) throw new RangeError(`Cannot poll ${fds.length} descriptors: want at most ${CAPACITY}`);
  for (const [index, fd] of fds.entries()) {
    entries.view.setInt32(index * ENTRY_BYTES, fd, true);
    entries.view.setInt16(index * ENTRY_BYTES + 4, POLLIN, true);
    entries.view.setInt16(index * ENTRY_BYTES + 6, 0, true);
  }
  for (;;) {
    const count = libc.poll(entries.pointer, fds.length, timeoutMs);
    if (count === 0) return [];
    if (count > 0) return [...fds.keys()].filter((index) => entries.view.getInt16(index * ENTRY_BYTES + 6, true) !== 0);
    if (lastErrno() !== errnoNumbers.EINTR) throw lastError("poll", `wait for ${fds.length} descriptors`);
  }
}
