import { SQLiteError } from "bun:sqlite";

export type StoreErrorCode =
  | "full" // no space left
  | "locked" // another daemon has it
  | "corrupt" // the file or a row of it is damaged
  | "newer" // a newer Weft wrote it
  | "io" // it cannot be read or written
  | "conflict"; // a name, an address or a port is taken, or something still refers to what goes

/** The state could not be read or written. The message is one sentence that names the path and what to do. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** What each UNIQUE index protects, in the words of its table's columns as SQLite names them. */
const TAKEN: Readonly<Record<string, string>> = {
  "networks.name": "another network has its name",
  "networks.bridge": "another network has its bridge name",
  "sandboxes.name": "another sandbox has its name",
  "endpoints.network, endpoints.sandbox": "the sandbox is on that network already",
  "endpoints.sandbox, endpoints.interface_name": "another endpoint of the sandbox has its interface name",
  "addresses.network, addresses.address": "another endpoint of the network has its address",
  "published.protocol, published.host_address, published.host_port": "another sandbox publishes one of its ports",
};

/** Words what SQLite threw; anything else passes as it is. */
export function storeError(action: string, path: string, error: unknown): unknown {
  if (error instanceof StoreError) return error;
  if (!(error instanceof SQLiteError)) return error;
  const code = error.code ?? "";
  const make = (kind: StoreErrorCode, message: string): StoreError => new StoreError(kind, message, { cause: error });
  if (code.startsWith("SQLITE_CONSTRAINT")) {
    const columns = /UNIQUE constraint failed: (.*)$/.exec(error.message)?.[1] ?? "";
    const reason = TAKEN[columns] ?? (code.includes("FOREIGNKEY") ? "it is still referred to" : error.message);
    return make("conflict", `Cannot ${action}: ${reason}`);
  }
  if (code === "SQLITE_FULL" || /no space|ENOSPC|EDQUOT/i.test(error.message)) {
    return make("full", `Cannot ${action}: the disk of ${path} is full, free some space and try again`);
  }
  if (code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT")) {
    return make("corrupt", corruptSentence(action, path, error.message));
  }
  return make(
    "io",
    `Cannot ${action}: ${path} cannot be used (${code}: ${error.message}), want a folder that root may write`,
  );
}

export function corruptSentence(action: string, path: string, detail: string): string {
  // SQLite's check begins with a line that says only which database.
  const reason = detail.replace(/^\*\*\* .* \*\*\*\n/, "").replaceAll("\n", "; ");
  return `Cannot ${action}: ${path} is damaged (${reason}), restore a copy or move it away to start empty`;
}
