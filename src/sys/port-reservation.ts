import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { constants } from "node:os";
import { allocateKernelMemory, pointerAt, writeAddress as writeAddressField } from "./kernel-memory.ts";
import { lastErrno, libc } from "./libc.ts";

export interface ReservablePort {
  readonly protocol: "tcp" | "udp" | "sctp";
  /** Canonical text. Absent: every address, of both families. */
  readonly address?: string;
  /** From 1 to 65535. */
  readonly port: number;
}

/** A port that could not be reserved. `errno` is `EADDRINUSE` when somebody has it, `EADDRNOTAVAIL` when the host lacks the address. */
export class PortReservationError extends Error {
  override readonly name = "PortReservationError";
  readonly errno: string;
  /** Who has it, as `process nginx (pid 12)`, when that could be found out. */
  readonly holder?: string;

  constructor(message: string, errno: string, holder?: string) {
    super(message);
    this.errno = errno;
    if (holder !== undefined) this.holder = holder;
  }
}

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const IPPROTO_SCTP = 132;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ATTACH_FILTER = 26;

const address = allocateKernelMemory(28);
const addressText = allocateKernelMemory(64);
const option = allocateKernelMemory(4);

/** `BPF_RET | BPF_K` of 0 bytes: nothing passes. Sources: include/uapi/linux/filter.h, `struct sock_filter` and `struct sock_fprog`. */
const nothingPasses = allocateKernelMemory(8);
nothingPasses.view.setUint16(0, 0x06, true);
const filterProgram = allocateKernelMemory(16);
filterProgram.view.setUint16(0, 1, true);

/** Drops what arrives at a socket before anybody sees it. @returns Whether the kernel took the filter. */
function deafen(fd: number): boolean {
  // Written here and not once, so that this function holds on to the instruction: the collector knows nothing of addresses.
  writeAddressField(filterProgram.view, 8, nothingPasses.address);
  return libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, filterProgram.pointer, 16) === 0;
}

/**
 * Keeps a port of this thread's network namespace from every other process until disposed of: a socket is bound to it, `ss` shows it, and
 * everything that arrives is dropped without a word. What arrives there has long been sent on by the firewall, unless somebody has just flushed
 * that: then a socket that does not listen would reset the connections of sandboxes, and one that lets packets in would take them.
 *
 * @throws {PortReservationError} one sentence that names the port and, if it can be found out, who has it.
 */
export function reservePort(wanted: ReservablePort): Disposable {
  const family = wanted.address === undefined ? "both" : wanted.address.includes(":") ? "ipv6" : "ipv4";
  let result = bindSocket(wanted, family);
  // A host without IPv6 has one family only.
  if (result === "EAFNOSUPPORT" && wanted.address === undefined) result = bindSocket(wanted, "ipv4");
  if (typeof result === "string") throw refusal(wanted, result);
  const fd = result;
  let open = true;
  return {
    [Symbol.dispose]() {
      if (open && fd !== undefined) libc.close(fd);
      open = false;
    },
  };
}

/** The descriptor, the name of an errno, or nothing where the kernel has no SCTP sockets: then nobody can take such a port. */
function bindSocket(wanted: ReservablePort, family: "ipv4" | "ipv6" | "both"): number | string | undefined {
  let result = tryBind(wanted, family, false);
  // Connections of a server that was here just now (TIME_WAIT) forbid the port only to those who do not say that they reuse it. Not at once, because
  // a socket that does can be joined by others that do.
  if (result === "EADDRINUSE" && wanted.protocol === "tcp") result = tryBind(wanted, family, true);
  return result;
}

function tryBind(
  wanted: ReservablePort,
  family: "ipv4" | "ipv6" | "both",
  reuse: boolean,
): number | string | undefined {
  const type = (wanted.protocol === "udp" ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC;
  const sctp = wanted.protocol === "sctp";
  const fd = libc.socket(family === "ipv4" ? AF_INET : AF_INET6, type, sctp ? IPPROTO_SCTP : 0);
  if (fd < 0) {
    const errno = errnoName(lastErrno());
    return sctp && errno === "EPROTONOSUPPORT" ? undefined : errno;
  }
  if (family !== "ipv4") setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, family === "ipv6" ? 1 : 0);
  if (reuse) setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  const isHeld =
    libc.bind(fd, address.pointer, writeAddress(wanted, family)) === 0 &&
    deafen(fd) &&
    (wanted.protocol === "udp" || libc.listen(fd, 0) === 0);
  if (isHeld) return fd;
  const errno = errnoName(lastErrno());
  libc.close(fd);
  return errno;
}

function setOption(fd: number, level: number, name: number, value: number): void {
  option.view.setInt32(0, value, true);
  libc.setsockopt(fd, level, name, option.pointer, 4);
}

/** `sockaddr_in` or `sockaddr_in6`; returns its length. Sources: include/uapi/linux/in.h, in6.h. */
function writeAddress(wanted: ReservablePort, family: "ipv4" | "ipv6" | "both"): number {
  address.bytes.fill(0);
  address.view.setUint16(0, family === "ipv4" ? AF_INET : AF_INET6, true);
  address.view.setUint16(2, wanted.port);
  if (wanted.address !== undefined) {
    addressText.bytes.fill(0);
    new TextEncoder().encodeInto(wanted.address, addressText.bytes.subarray(0, -1));
    const [domain, offset] = family === "ipv4" ? [AF_INET, 4] : [AF_INET6, 8];
    libc.inet_pton(domain, addressText.pointer, pointerAt(address, offset));
  }
  return family === "ipv4" ? 16 : 28;
}

function refusal(wanted: ReservablePort, errno: string): PortReservationError {
  const { protocol, port } = wanted;
  const host = wanted.address?.includes(":") ? `[${wanted.address}]` : wanted.address;
  const name = `${host === undefined ? "" : `${host}:`}${port}/${protocol}`;
  if (errno === "EADDRINUSE") {
    const holder = findPortHolder(wanted);
    return new PortReservationError(
      `Cannot publish port ${name}: ${holder ?? "another process"} has it`,
      errno,
      holder,
    );
  }
  const detail = errno === "EADDRNOTAVAIL" ? `the host has no address ${wanted.address}, want one that it has` : errno;
  return new PortReservationError(`Cannot publish port ${name}: ${detail}`, errno);
}

/**
 * The process whose socket is bound to the port, as `process nginx (pid 12)`. Reads the descriptors of every process: for error sentences only.
 * Source: Documentation/networking/proc_net_tcp.rst.
 */
export function findPortHolder({ protocol, port }: ReservablePort): string | undefined {
  const inodes = new Set(
    ["", "6"].flatMap((suffix) => socketInodes(`/proc/thread-self/net/${protocol}${suffix}`, port)),
  );
  if (inodes.size === 0) return undefined;
  for (const pid of list("/proc").filter((name) => /^\d+$/.test(name))) {
    for (const fd of list(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? "")?.[1];
      if (inode === undefined || !inodes.has(inode)) continue;
      const name = attempt(() => readFileSync(`/proc/${pid}/comm`, "utf8").trim());
      return name === undefined ? `process ${pid}` : `process ${name} (pid ${pid})`;
    }
  }
  return undefined;
}

function socketInodes(path: string, port: number): string[] {
  const lines = (attempt(() => readFileSync(path, "utf8")) ?? "").split("\n").slice(1);
  return lines.flatMap((line) => {
    // sl local_address rem_address st tx_queue:rx_queue tr:when retrnsmt uid timeout inode
    const [, local = "", , , , , , , , inode = "0"] = line.trim().split(/\s+/);
    return Number.parseInt(local.split(":")[1] ?? "", 16) === port && inode !== "0" ? [inode] : [];
  });
}

function list(path: string): string[] {
  return attempt(() => readdirSync(path)) ?? []; // processes end while we look
}

function attempt<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}

function errnoName(errno: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
}
