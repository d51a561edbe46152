import { libc } from "./libc.ts";

const SYS_FALLOCATE = process.arch === "arm64" ? 47 : 285;
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;

/**
 * Gives the disk space of a part of a file back; it reads as zeros, and offsets stay as they are.
 *
 * @returns Whether the file system can.
 */
export function punchHole(fd: number, offset: number, lengthBytes: number): boolean {
  const mode = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
  return Number(libc.syscall(SYS_FALLOCATE, fd, mode, offset, lengthBytes)) === 0;
}

const SEEK_DATA = 3;

/**
 * Where data of a file stands next: at `offset`, or after the hole that begins or lies there. Its own position changes, which nobody may rely on.
 *
 * @returns `undefined` at the file's end.
 */
export function findData(fd: number, offset: number): number | undefined {
  const found = Number(libc.lseek(fd, offset, SEEK_DATA));
  return found >= 0 ? found : undefined;
}
