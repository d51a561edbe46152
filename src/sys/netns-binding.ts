import { linkSync, mkdirSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { OpenFlag, openFile } from "./file-descriptor.ts";
import { MountFlag, mount, unmount } from "./mount.ts";
import type { Netns } from "./netns.ts";
import { SystemCallError } from "./system-call-error.ts";

export interface NetnsBinding {
  /**
   * What the file says that the namespace is bound over, from the moment it is there: who dies before it is bound leaves a file that
   * tells whose it was. Default: nothing.
   */
  readonly note?: string;
}

/**
 * Gives a namespace a path that keeps it alive. The directory is made where it is missing, and becomes a shared mount,
 * as `ip netns add` does with /run/netns: otherwise a mount namespace that was copied while the file was bound would keep
 * the network namespace after `unbindNetns`.
 *
 * @throws {SystemCallError} `EEXIST` when the path is taken.
 */
export function bindNetns(netns: Netns, path: string, { note }: NetnsBinding = {}): void {
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  shareDirectory(directory);
  if (note === undefined) createFile(path);
  else createNotedFile(path, note);
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

/** The name is given to a file that is whole: there is no moment in which it says nothing. */
function createNotedFile(path: string, note: string): void {
  const draft = `${path}${NETNS_DRAFT_SUFFIX}`;
  writeFileSync(draft, note, { mode: 0o444 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    throw new SystemCallError("link", `open ${path}`, "EEXIST");
  } finally {
    unlinkSync(draft);
  }
}

/** Of a file that is going to be a namespace's; one whose maker died in that moment is nobody's. */
export const NETNS_DRAFT_SUFFIX = ".weft-draft";

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
