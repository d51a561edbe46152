import { dlopen, FFIType, ptr } from "bun:ffi";
import type { FileDescriptor } from "./file-descriptor.ts";
import { libc as shared } from "./libc.ts";
import { lastError } from "./system-call-error.ts";

/**
 * Work that a process leaves behind when it ends. Bun's memory does not survive a fork, so what the new process runs is a function
 * of libc itself: `fflush` of a stream that holds one datagram, which is a `write` of it. The new process shares our table of
 * descriptors: what we close is closed for it, and what we leave open it keeps until its call is done.
 */

const { i32, u32, u64, ptr: pointer } = FFIType;
const CLONE_FILES = 0x400;
const PROT_READ_WRITE = 3;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const STACK_BYTES = 64 * 1024;
const FULLY_BUFFERED = 0;

function openLibc() {
  const calls = {
    clone: { args: [u64, u64, i32, u64], returns: i32 },
    mmap: { args: [u64, u64, i32, i32, i32, FFIType.i64_fast], returns: FFIType.i64_fast },
    fdopen: { args: [i32, pointer], returns: u64 },
    setvbuf: { args: [u64, u64, i32, u64], returns: i32 },
    fwrite: { args: [pointer, u64, u64, u64], returns: u64 },
    fflush: { args: [u64], returns: i32 },
    usleep: { args: [u32], returns: i32 },
  } as const;
  try {
    return dlopen("libc.so.6", calls).symbols;
  } catch {
    return dlopen(`libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`, calls).symbols;
  }
}

/**
 * Sends one datagram in a process of its own, and does not wait for it: for a request that the kernel answers late, while this
 * process has said all that it has to say and wants to end. From here on the socket is the other process's to use.
 *
 * @throws {SystemCallError} `EAGAIN` when there may be no more processes: nothing was sent then.
 */
export function sendInPartingProcess(socket: FileDescriptor, datagram: Uint8Array): void {
  const libc = openLibc();
  const bytes = Uint8Array.from(datagram);
  const stream = libc.fdopen(socket.number, ptr(new TextEncoder().encode("w\0")));
  if (Number(stream) === 0) throw lastError("fdopen", "make a stream of a socket");
  libc.setvbuf(stream, 0n, FULLY_BUFFERED, BigInt(bytes.length + 1));
  libc.fwrite(ptr(bytes), 1n, BigInt(bytes.length), stream);
  startProcess(libc, addressOf(libc.fflush), BigInt(stream));
}

/**
 * Leaves a process behind that does nothing for some milliseconds and then ends: it, and not this process, waits for the kernel to
 * close what this process leaves open. A netlink socket of nf_tables through which something was deleted takes 12 ms to close.
 *
 * @throws {SystemCallError} `EAGAIN` when there may be no more processes.
 */
export function leaveDescriptorsBehind(milliseconds: number): void {
  const libc = openLibc();
  startProcess(libc, addressOf(libc.usleep), BigInt(milliseconds * 1000));
}

function startProcess(libc: ReturnType<typeof openLibc>, body: bigint, argument: bigint): void {
  const stack = Number(libc.mmap(0n, BigInt(STACK_BYTES), PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0));
  if (stack <= 0) throw lastError("mmap", "get memory for a stack");
  if (libc.clone(body, BigInt(stack) + BigInt(STACK_BYTES), CLONE_FILES, argument) < 0) {
    throw lastError("clone", "start a process");
  }
}

/** Bun keeps where a function of a library is as its `ptr`. */
function addressOf(symbol: object): bigint {
  if (!("ptr" in symbol && typeof symbol.ptr === "number")) {
    throw new Error("Broken invariant: bun:ffi does not say where a function is");
  }
  return BigInt(symbol.ptr);
}

const SYS_EXIT_GROUP = process.arch === "arm64" ? 94 : 231;

/** Ends this process at once: nothing that the runtime would do at an exit is done, which is a millisecond of what a short one takes. */
export function exitNow(code: number): never {
  shared.syscall(SYS_EXIT_GROUP, code, 0, 0, 0);
  throw new Error("Broken invariant: a process goes on after its end");
}
