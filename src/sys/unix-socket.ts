import { errnoNumbers } from "./errno.ts";
import { FileDescriptor } from "./file-descriptor.ts";
import { allocateKernelMemory } from "./kernel-memory.ts";
import { lastErrno, libc } from "./libc.ts";
import { lastError } from "./system-call-error.ts";

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
/** `sun_path` of struct sockaddr_un, with its NUL. */
const PATH_BYTES = 108;

/**
 * Connects to a socket of the file system, blocking.
 *
 * @returns `undefined` when nobody listens there.
 * @throws {SystemCallError}
 */
export function connectUnixSocket(path: string): FileDescriptor | undefined {
  const address = allocateKernelMemory(2 + PATH_BYTES);
  address.view.setUint16(0, AF_UNIX, true);
  const { read, written } = new TextEncoder().encodeInto(path, address.bytes.subarray(2, 1 + PATH_BYTES));
  if (read < path.length) return undefined; // nobody can listen at such a path
  using stack = new DisposableStack();
  const fd = libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw lastError("socket", "open a socket");
  const socket = stack.use(new FileDescriptor(fd));
  while (libc.connect(fd, address.pointer, 2 + written + 1) !== 0) {
    const errno = lastErrno();
    if (errno === errnoNumbers.EINTR) continue;
    if (errno === errnoNumbers.ENOENT || errno === errnoNumbers.ECONNREFUSED) return undefined;
    throw lastError("connect", `connect to ${path}`);
  }
  stack.move();
  return socket;
}
