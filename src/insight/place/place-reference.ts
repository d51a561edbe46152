/** How somebody says which network namespace is meant. */
export type PlaceReference =
  /** The one that the command was started in. */
  | { readonly kind: "own" }
  /** A sandbox of Weft's, or a name of `ip netns`; both when they are the same namespace. */
  | { readonly kind: "name"; readonly name: string }
  /** A sandbox, also by the beginning of its id. */
  | { readonly kind: "sandbox"; readonly name: string }
  /** A name of `ip netns`. */
  | { readonly kind: "netns"; readonly name: string }
  /** A file that opens it. */
  | { readonly kind: "path"; readonly path: string }
  /** A process that lives in it. */
  | { readonly kind: "pid"; readonly pid: number };

export const OWN_PLACE: PlaceReference = { kind: "own" };

/** Source: `PID_MAX_LIMIT` in include/linux/threads.h. */
const MOST_PID = 4194304;

/**
 * `blue`, `sandbox:blue`, `netns:blue`, `/run/netns/blue`, `pid:4711`.
 *
 * @throws {SyntaxError}
 */
export function parsePlace(text: string): PlaceReference {
  if (text.startsWith("/") || text.startsWith("./") || text.startsWith("../")) return { kind: "path", path: text };
  const [, prefix, rest = ""] = /^(pid|netns|sandbox):(.*)$/s.exec(text) ?? [];
  if (prefix === "pid") return { kind: "pid", pid: parsePid(text, rest) };
  const name = prefix === undefined ? text : rest;
  // No slash: such a name would leave /run/netns. A NUL ends a path.
  if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) throw notAPlace(text);
  return prefix === "netns" || prefix === "sandbox" ? { kind: prefix, name } : { kind: "name", name };
}

function parsePid(text: string, digits: string): number {
  const pid = /^\d{1,7}$/.test(digits) ? Number(digits) : 0;
  if (pid < 1 || pid > MOST_PID) {
    throw new SyntaxError(`Cannot parse place ${JSON.stringify(text)}: want pid: and a number from 1 to ${MOST_PID}`);
  }
  return pid;
}

function notAPlace(text: string): SyntaxError {
  return new SyntaxError(
    `Cannot parse place ${JSON.stringify(text)}: want the name of a sandbox or of ip netns, a path, or pid:PID`,
  );
}
