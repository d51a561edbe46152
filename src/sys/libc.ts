import { dlopen, FFIType, read } from "bun:ffi";

const { i32, u32, u64, ptr: pointer } = FFIType;
const size = FFIType.i64_fast;

const calls = {
  // descriptors
  open: { args: [pointer, i32, u32], returns: i32 },
  close: { args: [i32], returns: i32 },
  read: { args: [i32, pointer, u64], returns: size },
  write: { args: [i32, pointer, u64], returns: size },
  ioctl: { args: [i32, u64, u64], returns: i32 },
  lseek: { args: [i32, FFIType.i64_fast, i32], returns: size },
  pipe2: { args: [pointer, i32], returns: i32 },
  flock: { args: [i32, i32], returns: i32 },
  poll: { args: [pointer, u64, i32], returns: i32 },
  inotify_init1: { args: [i32], returns: i32 },
  inotify_add_watch: { args: [i32, pointer, u32], returns: i32 },
  inotify_rm_watch: { args: [i32, i32], returns: i32 },
  eventfd: { args: [u32, i32], returns: i32 },
  epoll_create1: { args: [i32], returns: i32 },
  epoll_ctl: { args: [i32, i32, i32, pointer], returns: i32 },
  epoll_wait: { args: [i32, pointer, i32, i32], returns: i32 },
  // sockets
  socket: { args: [i32, i32, i32], returns: i32 },
  bind: { args: [i32, pointer, u32], returns: i32 },
  connect: { args: [i32, pointer, u32], returns: i32 },
  listen: { args: [i32, i32], returns: i32 },
  accept4: { args: [i32, pointer, pointer, i32], returns: i32 },
  getsockname: { args: [i32, pointer, pointer], returns: i32 },
  setsockopt: { args: [i32, i32, i32, pointer, u32], returns: i32 },
  getsockopt: { args: [i32, i32, i32, pointer, pointer], returns: i32 },
  recv: { args: [i32, pointer, u64, i32], returns: size },
  send: { args: [i32, pointer, u64, i32], returns: size },
  sendto: { args: [i32, pointer, u64, i32, pointer, u32], returns: size },
  recvmmsg: { args: [i32, pointer, u32, i32, pointer], returns: i32 },
  sendmmsg: { args: [i32, pointer, u32, i32], returns: i32 },
  inet_pton: { args: [i32, pointer, pointer], returns: i32 },
  // memory
  mmap: { args: [u64, u64, i32, i32, i32, FFIType.i64_fast], returns: size },
  munmap: { args: [u64, u64], returns: i32 },
  // namespaces, mounts, processes
  setns: { args: [i32, i32], returns: i32 },
  unshare: { args: [i32], returns: i32 },
  mount: { args: [pointer, pointer, pointer, u64, pointer], returns: i32 },
  umount2: { args: [pointer, i32], returns: i32 },
  syscall: { args: [u64, u64, u64, u64, u64], returns: size },
  usleep: { args: [u32], returns: i32 },
  __errno_location: { args: [], returns: pointer },
} as const;

/** A musl host has no `libc.so.6`. */
function openLibc() {
  try {
    return dlopen("libc.so.6", calls).symbols;
  } catch {
    return dlopen(`libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`, calls).symbols;
  }
}

/** The calls of libc. Never closed: a call after `close()` of a library is undefined behaviour. */
export const libc = openLibc();

// It never changes for a thread, and each worker evaluates this module in its own.
const errnoLocation = libc.__errno_location();

/** The number of the last failed call of this thread; read it before any other call. */
export function lastErrno(): number {
  return errnoLocation === null ? 0 : read.i32(errnoLocation);
}
