import type { RestartPolicy } from "../../model/mod.ts";

export interface Restart {
  readonly policy: RestartPolicy;
  /** The number of `on-failure:3`. */
  readonly limit?: number;
}

const POLICIES = ["no", "always", "on-failure", "unless-stopped"] as const;

/** @throws {SyntaxError} names the text and what was wanted. */
export function parseRestart(text: string): Restart {
  // YAML 1.1 readers took a bare `no` for false, and some writers write it so.
  if (text === "" || text === "false") return { policy: "no" };
  const limit = /^on-failure:(\d{1,9})$/.exec(text)?.[1];
  if (limit !== undefined) return { policy: "on-failure", limit: Number(limit) };
  const policy = POLICIES.find((candidate) => candidate === text);
  if (policy === undefined) {
    throw new SyntaxError(`Cannot parse restart policy ${JSON.stringify(text)}: want ${POLICIES.join(", ")}`);
  }
  return { policy };
}
