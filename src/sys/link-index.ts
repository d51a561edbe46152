import { errnoName, errnoNumbers } from "./errno.ts";
import type { FileDescriptor } from "./file-descriptor.ts";
import { allocateKernelMemory } from "./kernel-memory.ts";
import { lastErrno, libc } from "./libc.ts";
import { SystemCallError } from "./system-call-error.ts";

/** Source: include/uapi/linux/sockios.h. */
const SIOCGIFINDEX = 0x8933;
/** `struct ifreq` of include/uapi/linux/if.h: the name in 16 bytes, then what is asked for. */
const NAME_BYTES = 16;
const ifreq = allocateKernelMemory(40);
const encoder = new TextEncoder();

/**
 * The number of a link in a socket's namespace, whatever the socket's family; an alternative name finds it too.
 *
 * @returns `undefined` when there is no such link.
 * @throws {SystemCallError}
 */
export function linkIndexByName(socket: FileDescriptor, name: string): number | undefined {
  ifreq.bytes.fill(0);
  const { read } = encoder.encodeInto(name, ifreq.bytes.subarray(0, NAME_BYTES - 1));
  if (read < name.length) return undefined; // longer than any name
  if (libc.ioctl(socket.number, SIOCGIFINDEX, ifreq.address) === 0) return ifreq.view.getInt32(NAME_BYTES, true);
  const errno = lastErrno();
  if (errno === errnoNumbers.ENODEV) return undefined;
  throw new SystemCallError("ioctl", `find link ${JSON.stringify(name)}`, errnoName(errno));
}
