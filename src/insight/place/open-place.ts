import { basename, dirname, resolve } from "node:path";
import type { SandboxView } from "../../contract/mod.ts";
import { Refusal } from "../../contract/plain.ts";
import {
  currentNetns,
  type Netns,
  type NetnsReference,
  netnsPath,
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
  /** The name that it was asked for by, where that is one of `ip netns`. */
  readonly netnsName?: string;
  /** Whether the way by which it was opened still leads there: not once its sandbox, its name or its process has gone. */
  readonly isThere: () => boolean;
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
  const found = openNetnsOf(reference, names);
  const { path, netnsName } = found;
  const netns = opened.use(found.netns);
  const inside = names.sandboxes.filter(({ netnsPath }) => isSame(netns, netnsPath));
  const { daemon } = names;
  const isDaemons = daemon !== undefined && isSame(netns, `/proc/${daemon.pid}/ns/net`);
  const resources = opened.move();
  return {
    netns,
    sandboxes: inside,
    ...(netnsName !== undefined && { netnsName }),
    isThere: () => path === undefined || isSame(netns, path),
    ownerOf: (link) => {
      const owned = isDaemons ? names.ofHostLink(link) : undefined;
      return owned ?? inside.map(({ id }) => names.ofSandboxLink(id, link)).find((each) => each !== undefined);
    },
    [Symbol.dispose]: () => resources[Symbol.dispose](),
  };
}

/** An open namespace, and how it was found. */
interface FoundNetns {
  readonly netns: Netns;
  /** The file that opens it; absent: the one that we are in. */
  readonly path?: string;
  readonly netnsName?: string;
}

function openNetnsOf(reference: PlaceReference, names: Names): FoundNetns {
  switch (reference.kind) {
    case "own":
      return { netns: currentNetns() };
    case "path": {
      const { path } = reference;
      const isNamed = dirname(resolve(path)) === names.netnsDirectory;
      return { netns: open(reference, JSON.stringify(path)), path, ...(isNamed && { netnsName: basename(path) }) };
    }
    case "pid": {
      const { pid } = reference;
      return { netns: open(reference, `of process ${pid}`), path: `/proc/${pid}/ns/net` };
    }
    case "netns":
      return openNamed(reference.name, names);
    case "sandbox":
      return openSandbox(reference.name, names);
    case "name":
      return openByName(reference.name, names);
  }
}

function openNamed(name: string, { netnsDirectory }: Names): FoundNetns {
  const path = netnsPath(parseNetnsName(name), netnsDirectory);
  return { netns: open({ kind: "path", path }, JSON.stringify(name)), path, netnsName: name };
}

/** A sandbox or a name of `ip netns`; where both are, they must be the same namespace. */
function openByName(name: string, names: Names): FoundNetns {
  using opened = new DisposableStack();
  const named = tryOpen(() => openNamed(name, names));
  if (named !== undefined) opened.use(named.netns);
  const sandbox = tryOpen(() => openSandbox(name, names));
  if (sandbox !== undefined) opened.use(sandbox.netns);
  if (named !== undefined && sandbox !== undefined && !named.netns.isSame(sandbox.netns)) {
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
  if (found === sandbox) named?.netns[Symbol.dispose]();
  return { ...named, ...found };
}

/** By name, or by id or its beginning. */
function openSandbox(reference: string, { sandboxes }: Names): FoundNetns {
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
  const path = sandbox.netnsPath;
  return { netns: open({ kind: "path", path }, `of sandbox ${sandbox.name}`), path };
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
function tryOpen(attempt: () => FoundNetns): FoundNetns | undefined {
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
