import { allocateKernelMemory, pointerAt } from "./kernel-memory.ts";
import { libc } from "./libc.ts";
import { lastError } from "./system-call-error.ts";

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** `struct ucred` of three 32-bit numbers. Source: include/linux/socket.h. */
const UCRED_BYTES = 12;
const memory = allocateKernelMemory(4096);

/** Who connected to a unix socket, as the kernel noted it then. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** @param fd Of a connected unix socket: `Bun.listen`'s and `node:net`'s sockets have it. @throws {SystemCallError} */
export function peerCredentials(fd: number): PeerCredentials {
  memory.view.setUint32(16, UCRED_BYTES, true);
  if (libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, memory.pointer, pointerAt(memory, 16)) !== 0) {
    throw lastError("getsockopt", `read the peer's credentials of descriptor ${fd}`);
  }
  const { view } = memory;
  return { pid: view.getInt32(0, true), uid: view.getUint32(4, true), gid: view.getUint32(8, true) };
}
