import { dlopen, FFIType, ptr, read } from "bun:ffi";
import { closeSync, readFileSync } from "node:fs";
import { type Errno, errnoName } from "./errno.ts";

/**
 * What turns this process into a program in a sandbox. Apart from the other system calls, and not in `mod.ts`'s own dlopen, because the launcher
 * runs before every program and imports nothing else: it is there in 10 ms.
 */

const { i32, u32, u64, ptr: pointer } = FFIType;

const SYS_CLOSE_RANGE = 436; // the same on every architecture
const CLOSE_RANGE_CLOEXEC = 4;
const CLONE_FS = 0x00000200;
const CLONE_NEWNS = 0x00020000;
const CLONE_NEWUTS = 0x04000000;
const CLONE_NEWNET = 0x40000000;

/** Source: include/uapi/linux/mount.h. */
export const MountFlag = { bind: 4096, recursive: 16384, slave: 1 << 19 } as const;
const MNT_DETACH = 2;

function openLibc() {
  const calls = {
    unshare: { args: [i32], returns: i32 },
    setns: { args: [i32, i32], returns: i32 },
    mount: { args: [pointer, pointer, pointer, u64, pointer], returns: i32 },
    umount2: { args: [pointer, i32], returns: i32 },
    sethostname: { args: [pointer, u64], returns: i32 },
    setdomainname: { args: [pointer, u64], returns: i32 },
    setgroups: { args: [u64, pointer], returns: i32 },
    setgid: { args: [u32], returns: i32 },
    setuid: { args: [u32], returns: i32 },
    chdir: { args: [pointer], returns: i32 },
    dup3: { args: [i32, i32, i32], returns: i32 },
    getrlimit: { args: [i32, pointer], returns: i32 },
    setrlimit: { args: [i32, pointer], returns: i32 },
    umask: { args: [u32], returns: u32 },
    signal: { args: [i32, u64], returns: u64 },
    syscall: { args: [u64, u64, u64, u64], returns: FFIType.i64_fast },
    execve: { args: [pointer, pointer, pointer], returns: i32 },
    __errno_location: { args: [], returns: pointer },
  } as const;
  try {
    return dlopen("libc.so.6", calls).symbols;
  } catch {
    return dlopen(`libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`, calls).symbols;
  }
}

const libc = openLibc();

/** A system call that the kernel refused. */
export class ProgramCallError extends Error {
  override readonly name = "ProgramCallError";
  readonly errno: Errno;

  constructor(action: string, errno: Errno) {
    super(`Cannot ${action}: ${errno}`);
    this.errno = errno;
  }
}

function check(result: number, action: string): void {
  if (result !== 0) throw new ProgramCallError(action, lastErrno());
}

function lastErrno(): Errno {
  const location = libc.__errno_location();
  return errnoName(location === null ? 0 : read.i32(location));
}

/** NUL-terminated bytes; in a buffer of their own, which stays where it is as long as somebody holds it. */
function cString(text: string): Uint8Array<ArrayBuffer> {
  if (text.includes("\0")) throw new TypeError(`Cannot use ${JSON.stringify(text)}: want text without a NUL`);
  const encoded = new TextEncoder().encode(text);
  const bytes = new Uint8Array(new ArrayBuffer(encoded.length + 1));
  bytes.set(encoded);
  return bytes;
}

/** Gives this thread mounts and a hostname of its own. What is mounted or unmounted outside later is seen inside, never the other way round. */
export function unshareMountsAndHostname(): void {
  check(libc.unshare(CLONE_NEWNS | CLONE_NEWUTS), "make a mount namespace");
  mount("none", "/", "", MountFlag.slave | MountFlag.recursive);
}

/** Moves this thread into namespaces of whatever kinds, for good, and closes their descriptors. */
export function joinNamespaces(fds: readonly number[]): void {
  check(libc.unshare(CLONE_FS), "have a working directory of its own"); // else the kernel lets no thread into other mounts
  for (const fd of fds) {
    check(libc.setns(fd, 0), "enter a namespace");
    closeSync(fd);
  }
}

/** Moves this thread for good. */
export function joinNetns(fd: number): void {
  check(libc.setns(fd, CLONE_NEWNET), "enter the network namespace");
}

export function mount(source: string, target: string, type: string, flags: number): void {
  const result = libc.mount(cString(source), cString(target), type === "" ? null : cString(type), flags, null);
  check(result, `mount ${source} at ${target}`);
}

/** With all that is mounted below it, now or when the last user is gone. @returns Whether something was mounted there. */
export function unmount(target: string): boolean {
  if (libc.umount2(cString(target), MNT_DETACH) === 0) return true;
  const errno = lastErrno();
  if (errno === "EINVAL" || errno === "ENOENT") return false;
  throw new ProgramCallError(`unmount ${target}`, errno);
}

export function setHostname(hostname: string): void {
  const bytes = cString(hostname);
  check(libc.sethostname(bytes, bytes.length - 1), `set the hostname to ${hostname}`);
}

export function setDomainname(domainname: string): void {
  const bytes = cString(domainname);
  check(libc.setdomainname(bytes, bytes.length - 1), `set the domain name to ${domainname}`);
}

/** Gives up what this user and group may not do. */
export function becomeUser(uid: number, gid: number, groups: readonly number[]): void {
  const list = new Uint32Array(new ArrayBuffer(4 * Math.max(groups.length, 1)));
  list.set(groups);
  check(libc.setgroups(groups.length, list), `set the groups to ${groups.join(", ")}`);
  check(libc.setgid(gid), `set the group to ${gid}`);
  check(libc.setuid(uid), `set the user to ${uid}`);
}

export function changeDirectory(path: string): void {
  check(libc.chdir(cString(path)), `change to directory ${path}`);
}

const O_CLOEXEC = 0o2000000;

/** Makes `to` the same as `from`. */
export function duplicateDescriptor(from: number, to: number, closeOnExec: boolean): void {
  if (libc.dup3(from, to, closeOnExec ? O_CLOEXEC : 0) >= 0) return;
  throw new ProgramCallError(`duplicate descriptor ${from}`, lastErrno());
}

/** Every descriptor from this on is closed when a program starts. */
export function closeOnExecFrom(fd: number): void {
  libc.syscall(SYS_CLOSE_RANGE, fd, 0xffffffff, CLOSE_RANGE_CLOEXEC);
}

/** A program starts with default signals but for those that were ignored: the runtime ignores SIGPIPE and SIGXFSZ. */
export function stopIgnoringSignals(): void {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/thread-self/status", "utf8"))?.[1] ?? "0";
  const ignored = BigInt(`0x${mask}`);
  for (let signal = 1; signal <= 64; signal++) if ((ignored >> BigInt(signal - 1)) & 1n) libc.signal(signal, 0);
}

const RLIMIT_NOFILE = 7; // on x86 and arm64
/** The kernel's own default, INR_OPEN_CUR of include/uapi/linux/fs.h: a program that wants more asks, up to the hard limit. */
const OPEN_FILES = 1024;

/** The runtime raises how many files it may have open to the most that is allowed. Programs that close all of them one by one would take long. */
export function resetOpenFilesLimit(files: number = OPEN_FILES): void {
  const limit = new BigUint64Array(new ArrayBuffer(16)); // soft, hard
  check(libc.getrlimit(RLIMIT_NOFILE, limit), "read the limit of open files");
  const [soft = 0n] = limit;
  if (soft <= files) return;
  limit[0] = BigInt(files);
  check(libc.setrlimit(RLIMIT_NOFILE, limit), "set the limit of open files");
}

export function setFileCreationMask(mask: number): void {
  libc.umask(mask);
}

/** What the kernel reads in `execute`. This process goes on as the program, or ends soon: nothing is ever taken out. */
const held: unknown[] = [];

/**
 * Becomes the program; comes back only when the kernel refused.
 *
 * @param environment `NAME=value` each.
 */
export function execute(path: string, argv: readonly string[], environment: readonly string[]): Errno {
  libc.execve(cString(path), vector(argv), vector(environment));
  return lastErrno();
}

/** A NULL-terminated array of C strings. */
function vector(texts: readonly string[]): BigUint64Array<ArrayBuffer> {
  const strings = texts.map(cString);
  const addresses = new BigUint64Array(new ArrayBuffer(8 * (strings.length + 1)));
  for (const [index, bytes] of strings.entries()) addresses[index] = BigInt(ptr(bytes));
  held.push(strings);
  return addresses;
}
