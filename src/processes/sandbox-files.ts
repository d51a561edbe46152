import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

/** What a sandbox sees as its own /etc/hosts, /etc/resolv.conf and /etc/hostname. */
export interface SandboxFiles {
  readonly hosts: string;
  readonly resolvConf: string;
  readonly hostname: string;
}

const TARGETS = { hosts: "/etc/hosts", resolvConf: "/etc/resolv.conf", hostname: "/etc/hostname" } as const;
const NAMES = { hosts: "hosts", resolvConf: "resolv.conf", hostname: "hostname" } as const;
const KEYS = ["hosts", "resolvConf", "hostname"] as const;

/**
 * Creates or changes the files of a sandbox in its folder; a running program sees the change.
 *
 * @param written What they were given last, by this daemon: a file whose text is still that is not touched.
 * @throws {Error} one sentence, of the file system.
 */
export function writeSandboxFiles(folder: string, files: SandboxFiles, written?: SandboxFiles): void {
  try {
    if (written === undefined) mkdirSync(folder, { recursive: true, mode: 0o711 });
    for (const key of KEYS) {
      if (files[key] !== written?.[key]) writeInPlace(join(folder, NAMES[key]), files[key]);
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new Error(`Cannot write the files of a sandbox in ${folder}: ${code}, want a disk that takes them`, {
      cause: error,
    });
  }
}

/** What the launcher binds where; nothing for a sandbox that sees the host's files. */
export function sandboxFileMounts(folder: string): readonly { readonly source: string; readonly target: string }[] {
  return KEYS.map((key) => ({ source: join(folder, NAMES[key]), target: TARGETS[key] })).filter(({ source }) =>
    existsSync(source),
  );
}

/**
 * Replaces what a file says and keeps the file: a bind mount shows the inode, so a new file under the old name would never be seen.
 *
 * One write brings the new text, with empty lines over whatever the old one had beyond its end; only then is it cut. Who reads in between finds the
 * new text and empty lines, never nothing and never an end that is not its own.
 */
export function writeInPlace(path: string, text: string): void {
  const bytes = Buffer.from(text);
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644); // creates, and does not cut
  try {
    const { mode, size: old } = fstatSync(file);
    if ((mode & 0o777) !== 0o644) fchmodSync(file, 0o644); // whatever the umask: every user of the sandbox reads it
    if (readFileSync(file).equals(bytes)) return;
    const padded = Buffer.concat([bytes, Buffer.alloc(Math.max(0, old - bytes.length), "\n")]);
    writeSync(file, padded, 0, padded.length, 0);
    if (old > bytes.length) ftruncateSync(file, bytes.length);
  } finally {
    closeSync(file);
  }
}
