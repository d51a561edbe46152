import { Database, SQLiteError } from "bun:sqlite";
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { APPLICATION_ID, migrations } from "./schema.ts";
import { corruptSentence, StoreError, storeError } from "./store-error.ts";

/**
 * Opens the state file for this process alone, made and brought up to date where needed.
 *
 * Commits are synchronous=NORMAL: they reach the kernel, which is all that a killed daemon needs, and `JournalFlush` brings them to the disk
 * behind the answer. FULL would wait for the disk: 0.3 ms measured here when it is idle, 4 ms when it is not, of a change that takes 2. A
 * power failure never damages the state either way. EXCLUSIVE locking spares the shared-memory file.
 *
 * @throws {StoreError}
 */
export function openDatabase(path: string): Database {
  const action = "open the state";
  prepareFile(path);
  let database: Database | undefined;
  try {
    database = new Database(path, { readwrite: true, create: true, strict: true });
    database.run("PRAGMA locking_mode = EXCLUSIVE");
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = NORMAL");
    database.run("PRAGMA foreign_keys = ON");
    database.run("PRAGMA journal_size_limit = 4194304");
    database.run("BEGIN IMMEDIATE; COMMIT"); // takes the lock now, not with the first change
    checkFile(database, path);
    migrate(database, path);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof SQLiteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code ?? "")) {
      throw new StoreError("locked", lockedSentence(path), { cause: error });
    }
    throw storeError(action, path, error);
  }
}

/** Readable by root alone, whatever the umask; SQLite gives its journal the same mode. */
function prepareFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    try {
      closeSync(openSync(path, "wx", 0o600));
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
      if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
    }
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOSPC" || errno === "EDQUOT") {
      throw new StoreError(
        "full",
        `Cannot create the state: the disk of ${path} is full, free some space and try again`,
        {
          cause: error,
        },
      );
    }
    throw new StoreError("io", `Cannot create the state: ${path}: ${errno}, want a folder that root may write`, {
      cause: error,
    });
  }
}

function checkFile(database: Database, path: string): void {
  const application = pragma(database, "application_id");
  const version = pragma(database, "user_version");
  const tables = database.query<{ count: number }, []>("SELECT count(*) AS count FROM sqlite_schema").get()?.count ?? 0;
  if (application !== APPLICATION_ID && tables > 0) {
    throw new StoreError(
      "corrupt",
      `Cannot open the state: ${path} is another program's database, give a path of its own`,
    );
  }
  if (version > migrations.length) {
    throw new StoreError(
      "newer",
      `Cannot open the state: ${path} was written by a newer Weft (schema ${version}, this one knows ${migrations.length}), start that version`,
    );
  }
  const verdict = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").get()?.quick_check;
  if (verdict !== "ok")
    throw new StoreError("corrupt", corruptSentence("open the state", path, verdict ?? "no answer"));
}

function migrate(database: Database, path: string): void {
  for (let version = pragma(database, "user_version"); version < migrations.length; version++) {
    try {
      database.run(
        `BEGIN IMMEDIATE; ${migrations[version]}; PRAGMA user_version = ${version + 1}; PRAGMA application_id = ${APPLICATION_ID}; COMMIT`,
      );
    } catch (error) {
      if (database.inTransaction) database.run("ROLLBACK");
      throw storeError(`bring the state to schema ${version + 1}`, path, error);
    }
  }
}

function pragma(database: Database, name: "application_id" | "user_version"): number {
  return database.query<Record<string, number>, []>(`PRAGMA ${name}`).get()?.[name] ?? 0;
}

function lockedSentence(path: string): string {
  const pid = lockHolder(path);
  const holder = pid === undefined ? "another daemon uses it" : `another daemon uses it (pid ${pid})`;
  return `Cannot open the state: ${path}: ${holder}, stop that one or give this one a state folder of its own`;
}

/** Who holds a POSIX lock on the file. Source: Documentation/filesystems/proc.rst, /proc/locks. */
function lockHolder(path: string): number | undefined {
  try {
    const { ino } = statSync(path);
    for (const line of readFileSync("/proc/locks", "utf8").split("\n")) {
      // 1: POSIX  ADVISORY  WRITE 1234 fe:00:131091 0 EOF
      const [, , , , pid, file] = line.trim().split(/\s+/);
      if (file?.split(":")[2] === String(ino)) return Number(pid);
    }
  } catch {
    // Only the sentence is poorer.
  }
  return undefined;
}

function errnoOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
