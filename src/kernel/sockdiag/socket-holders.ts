import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process that has a socket open. */
export interface SocketHolder {
  readonly pid: number;
  /** The program's short name, `/proc/PID/comm`: at most 15 bytes, and the program may have changed it. */
  readonly name: string;
  /** Its descriptor of the socket. */
  readonly fd: number;
}

/**
 * Who has which socket open, by inode: of all processes that we may look into. The kernel knows no way back from a socket to its
 * descriptors, so this reads a link for each descriptor of the machine: some milliseconds for a thousand.
 */
export function listSocketHolders(): ReadonlyMap<number, readonly SocketHolder[]> {
  const holders = new Map<number, SocketHolder[]>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    for (const { fd, inode } of socketsOf(entry)) {
      const holder = { pid: Number(entry), name: nameOf(entry), fd };
      const known = holders.get(inode);
      if (known === undefined) holders.set(inode, [holder]);
      else known.push(holder);
    }
  }
  return holders;
}

/** The sockets among a process's descriptors; none when it has ended, or is another user's. */
function socketsOf(pid: string): readonly { readonly fd: number; readonly inode: number }[] {
  return listing(`/proc/${pid}/fd`).flatMap((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
    return inode === undefined ? [] : [{ fd: Number(fd), inode: Number(inode) }];
  });
}

function listing(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trimEnd();
  } catch {
    return "";
  }
}
