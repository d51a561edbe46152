import { errnoNumbers } from "./errno.ts";
import { type FileDescriptor, fileIdentity, openFile } from "./file-descriptor.ts";
import { lastErrno, libc } from "./libc.ts";
import { lastError, SystemCallError } from "./system-call-error.ts";

const CLONE_NEWNET = 0x40000000;
/** `_IO(0xb7, 3)`. Source: include/uapi/linux/nsfs.h. */
const NS_GET_NSTYPE = 0xb703;
const OWN_NETNS = "/proc/thread-self/ns/net";

/** Two descriptors stand for the same namespace when both numbers are equal. */
export interface NetnsIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** An open network namespace: it lives at least as long as this. Disposing of it twice is harmless. */
export class Netns implements Disposable {
  readonly #file: FileDescriptor;
  #identity: NetnsIdentity | undefined;

  /** Opened by `openNetns` and the like. */
  constructor(file: FileDescriptor) {
    this.#file = file;
  }

  get fd(): number {
    return this.#file.number;
  }

  get identity(): NetnsIdentity {
    if (this.#identity === undefined) {
      this.#identity = fileIdentity(this.#file);
    }
    return this.#identity;
  }

  isSame(other: Netns): boolean {
    return this.identity.dev === other.identity.dev && this.identity.ino === other.identity.ino;
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/**
 * Opens a namespace by the file that it is bound to, or by `/proc/PID/ns/net`.
 *
 * @throws {SystemCallError} `ENOENT`; `EINVAL` when the file is no network namespace.
 */
export function openNetns(path: string): Netns {
  return openAt(path, `network namespace ${path}`);
}

/** @throws {SystemCallError} `ESRCH` when there is no such process. */
export function openNetnsOfPid(pid: number): Netns {
  try {
    return openAt(`/proc/${pid}/ns/net`, `network namespace of process ${pid}`);
  } catch (error) {
    if (error instanceof SystemCallError && error.errno === "ENOENT") {
      throw new SystemCallError("open", `open network namespace of process ${pid}`, "ESRCH", "no such process");
    }
    throw error;
  }
}

/** The namespace that this thread is in. */
export function currentNetns(): Netns {
  return openAt(OWN_NETNS, "this thread's network namespace");
}

function openAt(path: string, what: string): Netns {
  using opened = new DisposableStack();
  const file = opened.use(openNetnsFile(path, what));
  if (libc.ioctl(file.number, NS_GET_NSTYPE, 0) !== CLONE_NEWNET) {
    throw new SystemCallError("ioctl", `open ${what}`, "EINVAL", "it is no network namespace");
  }
  opened.move(); // the caller owns it
  return new Netns(file);
}

function openNetnsFile(path: string, what: string): FileDescriptor {
  try {
    return openFile(path);
  } catch (error) {
    if (error instanceof SystemCallError) throw new SystemCallError("open", `open ${what}`, error.errno);
    throw error;
  }
}

/** Where this thread is, and where it was when it first left: descriptors that stay open as long as the thread. */
let home: Netns | undefined;
let present: Netns | undefined;

export type NotPromise<T> = T extends PromiseLike<unknown> ? never : T;

/**
 * Runs `body` with this thread inside `netns`, then goes back, also when `body` throws. May be nested.
 * A namespace belongs to the thread: sockets and files that `body` opens belong to it for ever, but nothing may await.
 *
 * @throws {SystemCallError} `EPERM` without CAP_SYS_ADMIN.
 */
export function inNetns<T>(netns: Netns, body: () => NotPromise<T>): T {
  home ??= currentNetns();
  const before = present ?? home;
  if (netns.isSame(before)) return body(); // to stay where one is needs no privilege
  enter(netns, "enter a network namespace");
  present = netns;
  try {
    return body();
  } finally {
    present = before === home ? undefined : before;
    enter(before, "go back to the network namespace that this thread came from");
  }
}

/**
 * Moves this thread for good, unlike `inNetns`: for a worker whose whole life belongs to one namespace.
 *
 * @throws {SystemCallError}
 */
export function joinNetns(netns: Netns): void {
  enter(netns, "enter a network namespace");
  home = undefined; // where `inNetns` goes back to is here from now on
}

/** For a thread that ends: descriptors are the process's, and outlive it. */
export function closeHomeNetns(): void {
  home?.[Symbol.dispose]();
  home = undefined;
}

function enter(netns: Netns, action: string): void {
  if (libc.setns(netns.fd, CLONE_NEWNET) !== 0) throw lastError("setns", action);
}

/**
 * Makes a namespace, empty but for a loopback that is down. It goes away with the last descriptor, bound file, socket or
 * process that holds it.
 *
 * @param inside What is done while this thread is in it anyway, as by `inNetns`.
 * @throws {SystemCallError} `EPERM` without CAP_SYS_ADMIN; `ENOSPC` at the limit `user.max_net_namespaces`.
 */
export function createNetns(inside: (netns: Netns) => void = () => {}): Netns {
  home ??= currentNetns();
  const before = present ?? home;
  while (libc.unshare(CLONE_NEWNET) !== 0) {
    if (lastErrno() !== errnoNumbers.EINTR) throw lastError("unshare", "create a network namespace");
  }
  try {
    using made = new DisposableStack();
    const netns = made.use(currentNetns());
    present = netns;
    inside(netns);
    made.move();
    return netns;
  } finally {
    present = before === home ? undefined : before;
    enter(before, "go back after creating a network namespace");
  }
}
