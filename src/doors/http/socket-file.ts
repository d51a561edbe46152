import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { dirname } from "node:path";
import { Refusal } from "../../contract/mod.ts";
import { connectError } from "./connect-error.ts";
import { findGroup } from "./groups.ts";

export interface SocketFile {
  readonly path: string;
  /** Bits of the file, 0o660 as a rule. */
  readonly mode: number;
  /** The group that may talk to us, when the machine has it; else root's. */
  readonly group: string;
}

/** Bytes. Source: struct sockaddr_un, sun_path holds 108 with the NUL; a suffix of ours needs the rest. */
const PATH_LIMIT = 98;

/**
 * Binds a socket under a name of its own, sets owner and mode, and only then gives it the name that others look for: at no
 * moment can anybody open it who should not.
 *
 * @param bind Binds and listens at the path that it gets, synchronously.
 * @throws {Refusal} `conflict` when a daemon answers there, `invalid` for a path that cannot be.
 */
export async function publishSocket<T>({ path, mode, group }: SocketFile, bind: (path: string) => T): Promise<T> {
  const lengthBytes = Buffer.byteLength(path);
  if (!path.startsWith("/") || lengthBytes > PATH_LIMIT) {
    throw new Refusal(
      "invalid",
      `Cannot listen on ${JSON.stringify(path)}: want an absolute path of at most ${PATH_LIMIT} bytes, it has ${lengthBytes}`,
    );
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  await removeStaleSocket(path);
  const own = `${path}.${process.pid.toString(36)}`;
  rmSync(own, { force: true }); // of one with our number that was killed just here
  const umask = process.umask(0o177);
  let bound: T;
  try {
    bound = bind(own);
  } finally {
    process.umask(umask);
  }
  const gid = findGroup(group);
  if (process.getuid?.() === 0) chownSync(own, 0, gid ?? 0);
  chmodSync(own, mode);
  try {
    linkSync(own, path); // unlike a rename, it refuses to replace a daemon that was quicker
  } catch (error) {
    throw error instanceof Error && "code" in error && error.code === "EEXIST" ? taken(path) : error;
  } finally {
    unlinkSync(own);
  }
  return bound;
}

async function removeStaleSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new Refusal("invalid", `Cannot listen on ${path}: a file that is no socket has that name, want a free name`);
  }
  if ((await connectError(path)) === undefined) throw taken(path);
  // Another daemon may have put its own there since: take it by a name of ours and look again before it goes.
  const aside = `${path}.${process.pid.toString(36)}`;
  renameSync(path, aside);
  if (statSync(aside).ino !== found.ino) {
    renameSync(aside, path);
    throw taken(path);
  }
  unlinkSync(aside);
}

function taken(path: string): Refusal {
  return new Refusal(
    "conflict",
    `Cannot listen on ${path}: another daemon answers there, want one daemon for a socket (weft daemon stop ends it)`,
  );
}
