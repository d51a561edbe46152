import { dlopen, FFIType, type Pointer, ptr, read } from "bun:ffi";

const { i32, u32, u64, ptr: pointer } = FFIType;

/**
 * The non-blocking socket calls of libc. Never closed: a call after `close()` of a library is undefined behaviour.
 * A musl host has no `libc.so.6`.
 */
function openLibc() {
  const calls = {
    socket: { args: [i32, i32, i32], returns: i32 },
    bind: { args: [i32, pointer, u32], returns: i32 },
    connect: { args: [i32, pointer, u32], returns: i32 },
    listen: { args: [i32, i32], returns: i32 },
    accept4: { args: [i32, pointer, pointer, i32], returns: i32 },
    setsockopt: { args: [i32, i32, i32, pointer, u32], returns: i32 },
    getsockopt: { args: [i32, i32, i32, pointer, pointer], returns: i32 },
    recv: { args: [i32, pointer, u64, i32], returns: FFIType.i64_fast },
    send: { args: [i32, pointer, u64, i32], returns: FFIType.i64_fast },
    read: { args: [i32, pointer, u64], returns: FFIType.i64_fast },
    write: { args: [i32, pointer, u64], returns: FFIType.i64_fast },
    close: { args: [i32], returns: i32 },
    epoll_create1: { args: [i32], returns: i32 },
    epoll_ctl: { args: [i32, i32, i32, pointer], returns: i32 },
    epoll_wait: { args: [i32, pointer, i32, i32], returns: i32 },
    eventfd: { args: [u32, i32], returns: i32 },
    recvmmsg: { args: [i32, pointer, u32, i32, pointer], returns: i32 },
    sendmmsg: { args: [i32, pointer, u32, i32], returns: i32 },
    inet_pton: { args: [i32, pointer, pointer], returns: i32 },
    usleep: { args: [u32], returns: i32 },
    __errno_location: { args: [], returns: pointer },
  } as const;
  try {
    return dlopen("libc.so.6", calls).symbols;
  } catch {
    return dlopen(`libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`, calls).symbols;
  }
}

export const socketCalls = openLibc();

/** The number of the last failed call of this thread. */
export function lastErrno(): number {
  const location = socketCalls.__errno_location();
  return location === null ? 0 : read.i32(location);
}

/**
 * Memory that the kernel may keep writing to: a view of an ArrayBuffer made first, because the bytes of a small typed array move when its
 * `buffer` is first asked for. Keep `bytes` referenced for as long as `address` is used.
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
