import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NetworkView, SandboxView } from "../../src/contract/mod.ts";
import { type CommandOptions, type CommandResult, type Place, run, witness } from "./command.ts";
import { type Daemon, startDaemon, weftWith } from "./daemon.ts";
import { createHost, type Host, type HostOptions } from "./host.ts";
import { request } from "./request.ts";

/** A host with a daemon, and a directory for the files of a Compose project. */
export interface ProjectPlace extends AsyncDisposable {
  readonly host: Host;
  readonly daemon: Daemon;
  readonly directory: string;
  /** Writes a file of the project; names are relative to its directory. */
  write(name: string, text: string): Promise<void>;
  /** Runs weft with the project's compose.yaml, unless the words name a file. */
  weft(words: string, options?: CommandOptions): Promise<CommandResult>;
  /** The same; @throws {Error} unless it ends with 0. */
  done(words: string, options?: CommandOptions): Promise<string>;
  sandbox(name: string): Promise<SandboxView>;
  sandboxes(): Promise<readonly SandboxView[]>;
  networks(): Promise<readonly NetworkView[]>;
  /** What programs that are not ours see of the host: links, addresses, rules. */
  look(): Promise<HostSight>;
}

export interface HostSight {
  readonly addresses: unknown;
  readonly routes: unknown;
  /** As `nft -j` lists it, without handles and counters, which change with every transaction. */
  readonly ruleset: unknown;
}

export async function createProject(options: HostOptions = {}): Promise<ProjectPlace> {
  await using stack = new AsyncDisposableStack();
  const host = stack.use(await createHost(options));
  const daemon = stack.use(await startDaemon(host));
  const directory = await mkdtemp(join(tmpdir(), "weft-project-"));
  stack.defer(() => rm(directory, { recursive: true }));
  const weft = (words: string, options: CommandOptions = {}): Promise<CommandResult> => {
    const [command = "", ...rest] = words.split(" ").filter((word) => word !== "");
    const namesProject = / (-f|--file) /.test(words) || (command === "down" && / -p /.test(words));
    const named = ["up", "down"].includes(command) && !namesProject;
    return weftWith(daemon, [command, ...(named ? ["-f", join(directory, "compose.yaml")] : []), ...rest], options);
  };
  const owned = stack.move();
  return {
    host,
    daemon,
    directory,
    weft,
    write: async (name, text) => void (await Bun.write(join(directory, name), text)),
    async done(words, options = {}) {
      const { exitCode, stdout, stderr } = await weft(words, options);
      if (exitCode !== 0) throw new Error(`weft ${words} ended with ${exitCode}: ${stderr}${stdout}`);
      return stdout;
    },
    sandbox: async (name) => (await request(daemon, "GET", `/sandboxes/${name}`)) as SandboxView,
    sandboxes: async () => (await request(daemon, "GET", "/sandboxes")) as readonly SandboxView[],
    networks: async () => (await request(daemon, "GET", "/networks")) as readonly NetworkView[],
    look: () => lookAt(host),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function lookAt(host: Place): Promise<HostSight> {
  const [addresses, routes, rules] = await Promise.all([
    witness(host, "ip -j addr"),
    witness(host, "ip -j route show table all"),
    run(host, "nft -j list ruleset"),
  ]);
  return {
    addresses,
    routes,
    ruleset: JSON.parse(rules.stdout, (key, value) =>
      ["handle", "packets", "bytes"].includes(key) ? undefined : value,
    ),
  };
}
