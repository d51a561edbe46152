import { errnoNumbers } from "./errno.ts";
import { type FileDescriptor, OpenFlag, openFile } from "./file-descriptor.ts";
import { allocateKernelMemory } from "./kernel-memory.ts";
import { lastErrno, libc } from "./libc.ts";
import { lastError } from "./system-call-error.ts";

/** Source: include/uapi/linux/if_tun.h. */
const TUNSETIFF = 0x400454ca;
const TUNSETPERSIST = 0x400454cb;
const IFF_TUN = 0x1;
const IFF_TAP = 0x2;
const IFF_NO_PI = 0x1000;
const IFNAMSIZ = 16;

/** `struct ifreq`: the name, and in its union the flags. */
const request = allocateKernelMemory(40);

export interface TunDeviceSpec {
  /** At most 15 bytes. */
  readonly name: string;
  /** `tun` carries IP packets, `tap` frames of Ethernet. */
  readonly type: "tun" | "tap";
  /** The link stays when the descriptor is closed. */
  readonly persistent?: boolean;
}

/**
 * Makes a TUN link in this thread's network namespace, or opens one that is there. What is read and written are its packets.
 *
 * @throws {SystemCallError} `ENOENT` on a kernel without TUN, `EBUSY` when somebody has it open, `EINVAL` for a link of another kind.
 */
export function openTunDevice({ name, type, persistent = false }: TunDeviceSpec): FileDescriptor {
  using opened = new DisposableStack();
  const file = opened.use(openFile("/dev/net/tun", OpenFlag.readWrite));
  request.bytes.fill(0);
  const { written } = new TextEncoder().encodeInto(name, request.bytes.subarray(0, IFNAMSIZ - 1));
  request.view.setInt16(IFNAMSIZ, (type === "tun" ? IFF_TUN : IFF_TAP) | IFF_NO_PI, true);
  if (written < Buffer.byteLength(name)) throw new RangeError(`Cannot name a link ${name}: want at most 15 bytes`);
  control(file, TUNSETIFF, request.address, `make ${type} link ${name}`);
  if (persistent) control(file, TUNSETPERSIST, 1, `keep ${type} link ${name}`);
  opened.move(); // the caller owns it
  return file;
}

function control(file: FileDescriptor, operation: number, argument: number, what: string): void {
  while (libc.ioctl(file.number, operation, argument) < 0) {
    if (lastErrno() !== errnoNumbers.EINTR) throw lastError("ioctl", what);
  }
}
