import { allocateKernelMemory, writeAddress } from "./kernel-memory.ts";
import { libc } from "./libc.ts";

const AF_INET6 = 10;
const IPPROTO_IPV6 = 41;
const IPV6_PKTINFO = 50;
/** `struct sockaddr_in6`. */
const NAME_BYTES = 28;
/** A header of 16 bytes and `struct in6_pktinfo` of 20, filled up to whole words. */
const CONTROL_BYTES = 40;
/** The largest that a UDP datagram's length can say. */
const MOST_BYTES = 65_535;

const message = allocateKernelMemory(64);
const vector = allocateKernelMemory(16);
const name = allocateKernelMemory(NAME_BYTES);
const control = allocateKernelMemory(CONTROL_BYTES);
const data = allocateKernelMemory(MOST_BYTES);

/**
 * Sends a datagram from one of the host's addresses, which the kernel would else choose by itself. Sources: include/uapi/linux/in6.h,
 * `struct in6_pktinfo`; recvmmsg(2), `struct mmsghdr`.
 *
 * @param fd Of an IPv6 UDP socket that is bound to every address.
 * @returns Whether the kernel took it; as with every datagram, that says nothing of its arrival.
 */
export function sendFrom6(
  fd: number,
  ends: { readonly source: Uint8Array; readonly destination: Uint8Array; readonly port: number },
  bytes: Uint8Array,
): boolean {
  name.bytes.fill(0);
  name.view.setUint16(0, AF_INET6, true);
  name.view.setUint16(2, ends.port);
  name.bytes.set(ends.destination, 8);
  control.bytes.fill(0);
  control.view.setUint32(0, 36, true);
  control.view.setInt32(8, IPPROTO_IPV6, true);
  control.view.setInt32(12, IPV6_PKTINFO, true);
  control.bytes.set(ends.source, 16);
  data.bytes.set(bytes);
  writeAddress(vector.view, 0, data.address);
  writeAddress(vector.view, 8, bytes.length);
  message.bytes.fill(0);
  writeAddress(message.view, 0, name.address);
  message.view.setUint32(8, NAME_BYTES, true);
  writeAddress(message.view, 16, vector.address);
  writeAddress(message.view, 24, 1);
  writeAddress(message.view, 32, control.address);
  writeAddress(message.view, 40, CONTROL_BYTES);
  return libc.sendmmsg(fd, message.pointer, 1, 0) === 1;
}
