import { closeDescriptor, openUdpSocket } from "./inet-socket.ts";
import { allocateKernelMemory, pointerAt } from "./kernel-memory.ts";
import { libc } from "./libc.ts";
import { inNetns, type Netns } from "./netns.ts";
import { lastError } from "./system-call-error.ts";

const SOL_SOCKET = 1;
/** From Linux 5.14. Source: include/uapi/asm-generic/socket.h. */
const SO_NETNS_COOKIE = 71;
const COOKIE_BYTES = 8;
const memory = allocateKernelMemory(16);

/**
 * The kernel's own number of a namespace, as decimal digits: until the next boot no other namespace has it, where inodes and
 * paths are used again at once.
 *
 * @throws {SystemCallError} `ENOPROTOOPT` before Linux 5.14.
 */
export function netnsCookie(netns: Netns): string {
  return inNetns(netns, () => {
    const fd = openUdpSocket("ipv4");
    try {
      memory.view.setUint32(COOKIE_BYTES, COOKIE_BYTES, true);
      const length = pointerAt(memory, COOKIE_BYTES);
      if (libc.getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, memory.pointer, length) !== 0) {
        throw lastError("getsockopt", "read the cookie of a network namespace");
      }
      return memory.view.getBigUint64(0, true).toString();
    } finally {
      closeDescriptor(fd);
    }
  });
}
