import { readFileSync } from "node:fs";
import { errnoName, errnoNumbers } from "./errno.ts";
import { FileDescriptor } from "./file-descriptor.ts";
import { allocateKernelMemory, type KernelMemory, pointerAt } from "./kernel-memory.ts";
import { lastErrno, libc } from "./libc.ts";
import { inNetns, type Netns } from "./netns.ts";
import { lastError, SystemCallError } from "./system-call-error.ts";

// Source of all: include/uapi/linux/netfilter_ipv4/ip_tables.h, and ip6_tables.h, which has the same numbers.
const SO_GET_INFO = 64;
const SO_GET_ENTRIES = 65;
const NAME_BYTES = 32;
/** `struct ipt_getinfo`. */
const INFO_BYTES = 84;
/** `struct ipt_get_entries` without its entries, which begin on a multiple of eight. */
const ENTRIES_HEAD_BYTES = 40;

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const IPPROTO_RAW = 255;
const SOL_IP = 0;
const SOL_IPV6 = 41;
const ATTEMPTS = 10;

/** A table of iptables-legacy as the kernel keeps it. */
export interface IptablesTableBytes {
  /** `struct ipt_getinfo`. */
  readonly info: Uint8Array;
  /** `struct ipt_entry` after `struct ipt_entry`. */
  readonly entries: Uint8Array;
}

/** The names of the tables of iptables-legacy that this namespace has; none where the kernel lacks it, or somebody else asks. */
export function iptablesTableNames(family: "ipv4" | "ipv6", netns: Netns): readonly string[] {
  const file = family === "ipv4" ? "ip_tables_names" : "ip6_tables_names";
  return inNetns(netns, () => {
    try {
      // Of the thread: /proc/net is that of the process's first thread.
      const text = readFileSync(`/proc/thread-self/net/${file}`, "utf8");
      return text.split("\n").filter((name) => name !== "");
    } catch {
      return [];
    }
  });
}

/**
 * Reads a table. Only for one that is there: to ask for another one makes it.
 *
 * @returns `undefined` when it has gone.
 * @throws {SystemCallError} `EPERM` without CAP_NET_ADMIN.
 */
export function readIptablesTable(family: "ipv4" | "ipv6", name: string, netns: Netns): IptablesTableBytes | undefined {
  using socket = inNetns(netns, () => {
    const fd = libc.socket(family === "ipv4" ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (fd < 0) throw lastError("socket", "open a raw socket to read iptables");
    return new FileDescriptor(fd);
  });
  const level = family === "ipv4" ? SOL_IP : SOL_IPV6;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const info = ask(socket, { level, option: SO_GET_INFO, name, lengthBytes: INFO_BYTES });
    if (typeof info === "string") return undefined;
    const size = info.view.getUint32(INFO_BYTES - 4, true);
    const lengthBytes = ENTRIES_HEAD_BYTES + size;
    const entries = ask(socket, { level, option: SO_GET_ENTRIES, name, lengthBytes, size });
    if (entries === "gone") return undefined;
    if (entries === "changed") continue; // between the two questions
    return { info: info.bytes.slice(0, INFO_BYTES), entries: entries.bytes.slice(ENTRIES_HEAD_BYTES, lengthBytes) };
  }
  throw new SystemCallError("getsockopt", `read table ${name} of iptables`, "EAGAIN", "it changes all the time");
}

interface Question {
  readonly level: number;
  readonly option: number;
  readonly name: string;
  readonly lengthBytes: number;
  readonly size?: number;
}

function ask(
  socket: FileDescriptor,
  { level, option, name, lengthBytes, size }: Question,
): KernelMemory | "gone" | "changed" {
  const memory = allocateKernelMemory(lengthBytes + 8);
  new TextEncoder().encodeInto(name, memory.bytes.subarray(0, NAME_BYTES - 1));
  if (size !== undefined) memory.view.setUint32(NAME_BYTES, size, true);
  const lengthAt = Math.ceil(lengthBytes / 4) * 4;
  memory.view.setUint32(lengthAt, lengthBytes, true);
  if (libc.getsockopt(socket.number, level, option, memory.pointer, pointerAt(memory, lengthAt)) === 0) return memory;
  const errno = lastErrno();
  if (errno === errnoNumbers.ENOENT) return "gone";
  if (errno === errnoNumbers.EAGAIN) return "changed";
  throw new SystemCallError("getsockopt", `read table ${name} of iptables`, errnoName(errno));
}
