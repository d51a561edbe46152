import { type Pointer, ptr } from "bun:ffi";

/**
 * Memory that the kernel may read and write: a view of an ArrayBuffer made first, because the bytes of a small typed
 * array move when its `buffer` is first asked for. Keep `bytes` referenced for as long as `address` is used.
 */
export interface KernelMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  readonly pointer: Pointer;
  readonly address: number;
}

export function allocateKernelMemory(lengthBytes: number): KernelMemory {
  const buffer = new ArrayBuffer(lengthBytes);
  const bytes = new Uint8Array(buffer);
  const at = ptr(bytes);
  return { bytes, view: new DataView(buffer), pointer: at, address: Number(at) };
}

export function pointerAt(memory: KernelMemory, offset: number): Pointer {
  return (memory.address + offset) as Pointer;
}

/** Writes a 64-bit address or size in the machine's order (little-endian on every platform that Bun has). */
export function writeAddress(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true);
  view.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
}

const encoder = new TextEncoder();
const PATH_BYTES = 4096;
// Room for every path of one call; a call is over before the next begins, and each thread has its own.
const paths = allocateKernelMemory(4 * PATH_BYTES);

/**
 * Writes a path for a call of this thread, which must come before the slot's next use.
 *
 * @param slot Which of the call's paths it is, from 0 to 3.
 * @throws {RangeError} when it is longer than a path may be, or holds a NUL.
 */
export function pathPointer(path: string, slot = 0): Pointer {
  const start = slot * PATH_BYTES;
  const room = paths.bytes.subarray(start, start + PATH_BYTES - 1);
  const { read, written } = encoder.encodeInto(path, room);
  if (read < path.length || path.includes("\0")) {
    throw new RangeError(`Cannot use path ${JSON.stringify(path.slice(0, 64))}: want at most 4095 bytes without NUL`);
  }
  paths.bytes[start + written] = 0;
  return pointerAt(paths, start);
}
