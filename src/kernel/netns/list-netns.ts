import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, dirname } from "node:path";
import { NETNS_DIRECTORY, type NetnsName, parseNetnsName } from "./netns-name.ts";

/** A network namespace that something visible holds. One that only a socket or a descriptor holds cannot be found. */
export interface ListedNetns {
  /** The inode of `/proc/PID/ns/net`, as `lsns` and `ip netns identify` use it. */
  readonly ino: number;
  /** Those of `paths` in the directory of names. */
  readonly names: readonly NetnsName[];
  /** Where it is bound, in this process's mount namespace. */
  readonly paths: readonly string[];
  /** Processes inside, by their main thread, ascending. */
  readonly pids: readonly number[];
}

/**
 * All namespaces of processes and bound files, by inode. Reads a link per process: some milliseconds on a busy machine.
 *
 * @param directory Where names are; default: that of `ip netns`.
 */
export function listNetns(directory: string = NETNS_DIRECTORY): readonly ListedNetns[] {
  const paths = Map.groupBy(boundNamespaces(readFileSync("/proc/self/mountinfo", "utf8")), ({ ino }) => ino);
  const pids = Map.groupBy(processNamespaces(), ({ ino }) => ino);
  return [...new Set([...paths.keys(), ...pids.keys()])]
    .sort((a, b) => a - b)
    .map((ino) => {
      const bound = [...new Set((paths.get(ino) ?? []).map(({ path }) => path))];
      return {
        ino,
        paths: bound,
        names: bound.filter((path) => dirname(path) === directory).map((path) => parseNetnsName(basename(path))),
        pids: (pids.get(ino) ?? []).map(({ pid }) => pid).sort((a, b) => a - b),
      };
    });
}

/**
 * The network namespaces in a mountinfo file. Source: Documentation/filesystems/proc.rst, section 3.5: of the fields that
 * spaces separate, the fourth is the root (`net:[4026532246]`) and the fifth the mount point, with octal escapes.
 */
export function boundNamespaces(mountinfo: string): readonly { readonly ino: number; readonly path: string }[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [, , , root = "", path = ""] = line.split(" ");
    const ino = inodeOf(root);
    if (ino === undefined) return [];
    return [{ ino, path: path.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))) }];
  });
}

function processNamespaces(): readonly { readonly ino: number; readonly pid: number }[] {
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const ino = inodeOf(readlinkSync(`/proc/${entry}/ns/net`));
      return ino === undefined ? [] : [{ ino, pid: Number(entry) }];
    } catch {
      return []; // it ended, or is another user's
    }
  });
}

function inodeOf(text: string): number | undefined {
  const digits = /^net:\[(\d+)\]$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
