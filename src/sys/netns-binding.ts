import { linkSync, mkdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { OpenFlag, openFile } from "./file-descriptor.ts";
import { MountFlag, mount, unmount } from "./mount.ts";
import type { Netns } from "./netns.ts";
import { SystemCallError } from "./system-call-error.ts";

export interface NetnsBinding {
  /** A file of the same directory that the name is bound over, from `createNetnsNote`. Default: an empty one, made here. */
  readonly over?: NetnsNote;
}

/**
 * Gives a namespace a path that keeps it alive. The directory is made where it is missing, and becomes a shared mount,
 * as `ip netns add` does with /run/netns: otherwise a mount namespace that was copied while the file was bound would keep
 * the network namespace after `unbindNetns`.
 *
 * @throws {SystemCallError} `EEXIST` when the path is taken.
 */
export function bindNetns(netns: Netns, path: string, { over }: NetnsBinding = {}): void {
  if (over === undefined) {
    makeShared(dirname(path));
    createFile(path);
  } else linkNote(over, path);
  try {
    mount({ source: `/proc/thread-self/fd/${netns.fd}`, target: path, flags: MountFlag.bind });
  } catch (error) {
    unlinkSync(path);
    throw error;
  }
}

function createFile(path: string): void {
  openFile(path, OpenFlag.readOnly | OpenFlag.create | OpenFlag.exclusive, 0o444)[Symbol.dispose]();
}

/** A file that names are bound over, and that says whose they are. Disposing of it takes its own name away. */
export interface NetnsNote extends Disposable {
  readonly path: string;
}

/**
 * Writes a note for names of one directory, which is made and shared here once for all of them. Who dies before a namespace is bound
 * leaves a file that tells whose it was: it is whole before it has that name.
 */
export function createNetnsNote(directory: string, text: string): NetnsNote {
  makeShared(directory);
  const path = join(directory, `${process.pid}${NETNS_DRAFT_SUFFIX}`);
  rmSync(path, { force: true }); // another's of this number: names may still be bound over it
  writeFileSync(path, text, { mode: 0o444 });
  return { path, [Symbol.dispose]: () => rmSync(path, { force: true }) };
}

function linkNote({ path: note }: NetnsNote, path: string): void {
  try {
    linkSync(note, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    throw new SystemCallError("link", `open ${path}`, "EEXIST");
  }
}

/** Of a file that is going to be a namespace's; one whose maker died in that moment is nobody's. */
export const NETNS_DRAFT_SUFFIX = ".weft-draft";

function makeShared(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  shareDirectory(directory);
}

function shareDirectory(directory: string): void {
  const share = { target: directory, flags: MountFlag.shared }; // what is mounted below later is shared, too
  try {
    mount(share);
  } catch (error) {
    if (!hasErrno(error, "EINVAL")) throw error;
    mount({ source: directory, target: directory, flags: MountFlag.bind | MountFlag.recursive }); // not a mount point yet
    mount(share);
  }
}

/**
 * Takes a namespace's path away. What else holds the namespace (processes, sockets, descriptors) keeps it; after the last,
 * the kernel takes it down in the background. Harmless when the path is gone already.
 */
export function unbindNetns(path: string): void {
  try {
    unmount(path, { detach: true });
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return;
    if (!hasErrno(error, "EINVAL")) throw error; // EINVAL: a file with nothing bound to it, left by a crash
  }
  try {
    unlinkSync(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}

/** Undoes what `bindNetns` did to a directory that no longer holds namespaces. The directory itself stays. */
export function unshareNetnsDirectory(directory: string): void {
  try {
    unmount(directory, { detach: true });
  } catch (error) {
    if (!hasErrno(error, "EINVAL") && !hasErrno(error, "ENOENT")) throw error;
  }
}

function hasErrno(error: unknown, errno: string): boolean {
  return error instanceof SystemCallError && error.errno === errno;
}
