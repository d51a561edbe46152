import type { SandboxView } from "../../contract/mod.ts";
import { Refusal } from "../../contract/plain.ts";
import {
  currentNetns,
  type Netns,
  type NetnsReference,
  openReferencedNetns,
  parseNetnsName,
} from "../../kernel/netns/mod.ts";
import type { Names, OwnedLink } from "./names.ts";
import type { PlaceReference } from "./place-reference.ts";

/** A network namespace to look into, and whose it is. */
export interface OpenPlace extends Disposable {
  readonly netns: Netns;
  /** The sandboxes whose namespace it is: several may share one. */
  readonly sandboxes: readonly SandboxView[];
  /** Whose a link of this namespace is. */
  readonly ownerOf: (link: string) => OwnedLink | undefined;
}

/**
 * Opens the namespace that somebody means.
 *
 * @throws {Refusal} `not-found` when there is none; `invalid` when it is no network namespace, or two may be meant.
 */
export function openPlace(reference: PlaceReference, names: Names): OpenPlace {
  using opened = new DisposableStack();
  const netns = opened.use(openNetnsOf(reference, names));
  const inside = names.sandboxes.filter(({ netnsPath }) => isSame(netns, netnsPath));
  const { daemon } = names;
  const isDaemons = daemon !== undefined && isSame(netns, `/proc/${daemon.pid}/ns/net`);
  const resources = opened.move();
  return {
    netns,
    sandboxes: inside,
    ownerOf: (link) => {
      const owned = isDaemons ? names.ofHostLink(link) : undefined;
      return owned ?? inside.map(({ id }) => names.ofSandboxLink(id, link)).find((each) => each !== undefined);
    },
    [Symbol.dispose]: () => resources[Symbol.dispose](),
  };
}

function openNetnsOf(reference: PlaceReference, names: Names): Netns {
  switch (reference.kind) {
    case "own":
      return currentNetns();
    case "path":
      return open(reference, JSON.stringify(reference.path));
    case "pid":
      return open(reference, `of process ${reference.pid}`);
    case "netns":
      return open({ kind: "name", name: parseNetnsName(reference.name) }, JSON.stringify(reference.name));
    case "sandbox":
      return openSandbox(reference.name, names);
    case "name":
      return openByName(reference.name, names);
  }
}

/** A sandbox or a name of `ip netns`; where both are, they must be the same namespace. */
function openByName(name: string, names: Names): Netns {
  using opened = new DisposableStack();
  const named = tryOpen(() => open({ kind: "name", name: parseNetnsName(name) }, JSON.stringify(name)));
  if (named !== undefined) opened.use(named);
  const sandbox = tryOpen(() => openSandbox(name, names));
  if (sandbox !== undefined) opened.use(sandbox);
  if (named !== undefined && sandbox !== undefined && !named.isSame(sandbox)) {
    throw new Refusal(
      "invalid",
      `Cannot choose namespace ${JSON.stringify(name)}: a sandbox and a name of ip netns are called so, want sandbox:${name} or netns:${name}`,
    );
  }
  const found = sandbox ?? named;
  if (found === undefined) {
    const sandboxes =
      names.daemon === undefined
        ? "no daemon answers that could know a sandbox of that name"
        : "no sandbox has that name";
    throw new Refusal(
      "not-found",
      `Cannot find namespace ${JSON.stringify(name)}: ${sandboxes}, nor does ip netns; want one of weft netns ls, a path, or pid:PID`,
    );
  }
  opened.move();
  if (found === sandbox) named?.[Symbol.dispose]();
  return found;
}

/** By name, or by id or its beginning. */
function openSandbox(reference: string, { sandboxes }: Names): Netns {
  const named = sandboxes.filter(({ name }) => name === reference);
  const meant =
    named.length > 0 || !/^[0-9a-f]+$/.test(reference) ? named : sandboxes.filter(({ id }) => id.startsWith(reference));
  const [sandbox] = meant;
  if (sandbox === undefined || meant.length > 1) {
    const why = meant.length > 1 ? `${meant.length} ids begin so` : "there is none of that name or id";
    throw new Refusal(
      meant.length > 1 ? "invalid" : "not-found",
      `Cannot find sandbox ${JSON.stringify(reference)}: ${why}, want one of weft ps --all`,
    );
  }
  if (sandbox.netnsPath === "" || sandbox.status.state === "dead") {
    throw new Refusal("conflict", `Cannot look into sandbox ${sandbox.name}: its network namespace is gone`);
  }
  return open({ kind: "path", path: sandbox.netnsPath }, `of sandbox ${sandbox.name}`);
}

function open(reference: NetnsReference, what: string): Netns {
  try {
    return openReferencedNetns(reference);
  } catch (error) {
    const errno = error instanceof Error && "errno" in error ? error.errno : undefined;
    if (errno === "ENOENT" || errno === "ESRCH" || errno === "ENOTDIR") {
      const why = reference.kind === "pid" ? "there is no such process" : "there is no such file";
      throw new Refusal("not-found", `Cannot open namespace ${what}: ${why}`, { cause: error });
    }
    if (errno === "EINVAL") {
      throw new Refusal("invalid", `Cannot open namespace ${what}: it is no network namespace`, { cause: error });
    }
    if (errno === "EACCES" || errno === "EPERM") {
      throw new Refusal("forbidden", `Cannot open namespace ${what}: want root`, { cause: error });
    }
    throw error;
  }
}

/** `undefined` when there is none; anything else that is wrong is told. */
function tryOpen(attempt: () => Netns): Netns | undefined {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof Refusal && error.kind === "not-found") return undefined;
    throw error;
  }
}

/** Whether a file opens this very namespace; a file that opens none does not. */
function isSame(netns: Netns, path: string): boolean {
  if (path === "") return false;
  try {
    using other = openReferencedNetns({ kind: "path", path });
    return netns.isSame(other);
  } catch {
    return false;
  }
}
