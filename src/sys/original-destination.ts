import { allocateKernelMemory } from "./kernel-memory.ts";
import { libc } from "./libc.ts";

const SOL_IPV6 = 41;
/** Source: include/uapi/linux/netfilter_ipv6/ip6_tables.h. */
const IP6T_SO_ORIGINAL_DST = 80;
/** `struct sockaddr_in6`. */
const ADDRESS_BYTES = 28;

const address = allocateKernelMemory(ADDRESS_BYTES);
const length = allocateKernelMemory(4);

/**
 * Where a TCP connection over IPv6 was to go before the firewall led it here; its own address when nobody did.
 *
 * @param fd Of a connected socket.
 * @returns `undefined` when the kernel does not know it, such as for a connection that is gone.
 */
export function originalDestination6(
  fd: number,
): { readonly address: Uint8Array<ArrayBuffer>; readonly port: number } | undefined {
  length.view.setUint32(0, ADDRESS_BYTES, true);
  if (libc.getsockopt(fd, SOL_IPV6, IP6T_SO_ORIGINAL_DST, address.pointer, length.pointer) !== 0) return undefined;
  return { address: address.bytes.slice(8, 24), port: address.view.getUint16(2) };
}
