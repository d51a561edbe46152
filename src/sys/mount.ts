import { pathPointer } from "./kernel-memory.ts";
import { libc } from "./libc.ts";
import { lastError } from "./system-call-error.ts";

/** Source: include/uapi/linux/mount.h. */
export const MountFlag = {
  readOnly: 1,
  noSuid: 2,
  noDev: 4,
  noExec: 8,
  remount: 32,
  bind: 4096,
  recursive: 16384,
  private: 1 << 18,
  slave: 1 << 19,
  shared: 1 << 20,
} as const;
const MNT_DETACH = 2;

export interface MountSpec {
  /** A device, a path, or whatever the file system calls its source. */
  readonly source?: string;
  readonly target: string;
  /** Such as `tmpfs`; none for a bind or a change of propagation. */
  readonly type?: string;
  /** Of `MountFlag`, or-ed. */
  readonly flags?: number;
  /** The file system's own options, such as `size=64k`. */
  readonly data?: string;
}

/** Mounts, binds or changes a mount, in this thread's mount namespace. @throws {SystemCallError} */
export function mount({ source, target, type, flags = 0, data }: MountSpec): void {
  const result = libc.mount(
    pathPointer(source ?? "none", 0),
    pathPointer(target, 1),
    pathPointer(type ?? "none", 2),
    flags,
    data === undefined ? null : pathPointer(data, 3),
  );
  if (result !== 0) throw lastError("mount", `mount ${source ?? type ?? "propagation"} on ${target}`);
}

/** @param options `detach`: also when it is in use; it goes away with its last user. @throws {SystemCallError} */
export function unmount(target: string, { detach = false }: { readonly detach?: boolean } = {}): void {
  if (libc.umount2(pathPointer(target), detach ? MNT_DETACH : 0) !== 0) throw lastError("umount2", `unmount ${target}`);
}
