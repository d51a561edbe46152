import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PLUGIN_NAMES } from "../../src/doors/cni/mod.ts";
import { type CommandResult, type Place, run, runOrThrow } from "./command.ts";
import { weftCommand } from "./daemon.ts";
import { createHost, type Host } from "./host.ts";

/** Where Debian has the reference plugins. */
export const REFERENCE_PLUGINS = "/usr/lib/cni";

export interface CniCall {
  readonly command: string;
  readonly config: unknown;
  /** Default: the container's namespace is given, and its name as id. */
  readonly container?: Container;
  /** In place of, or beside, the variables that follow from the rest; `undefined` takes one away. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** A reference plugin by name, in place of ours. */
  readonly reference?: string;
}

export interface CniAnswer extends CommandResult {
  /** What standard output has, if it is JSON. */
  readonly json: unknown;
}

export interface Container extends Place {
  readonly id: string;
}

/** A host with containers' namespaces, and the plugin's own run directory. */
export interface CniHost extends AsyncDisposable {
  readonly host: Host;
  readonly outside: Place;
  readonly runDirectory: string;
  /** Our file, by its own name and by all that it answers to. */
  readonly pluginDirectory: string;
  /** A fresh namespace. */
  container(): Promise<Container>;
  call(call: CniCall): Promise<CniAnswer>;
  /** As `call`, for one that is to succeed: its answer. */
  add(config: unknown, container: Container, variables?: CniCall["variables"]): Promise<CniResultJson>;
  del(config: unknown, container: Container, variables?: CniCall["variables"]): Promise<void>;
}

export interface CniResultJson {
  readonly cniVersion: string;
  readonly interfaces: readonly { readonly name: string; readonly mac: string; readonly sandbox?: string }[];
  readonly ips: readonly { readonly address: string; readonly gateway?: string; readonly interface?: number }[];
  readonly routes?: readonly { readonly dst: string; readonly gw?: string }[];
  readonly dns?: unknown;
}

export async function createCniHost(label: string): Promise<CniHost> {
  await using stack = new AsyncDisposableStack();
  const host = stack.use(await createHost({ label, uplink: true }));
  const directory = await mkdtemp(join(tmpdir(), `weft-test-${process.pid}-`));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  // As most hosts have it; a fresh namespace of this kernel says yes.
  await runOrThrow(host, "sysctl -q net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0");
  const runDirectory = join(directory, "run");
  const pluginDirectory = await makePlugins(directory);
  const containers: Host[] = [];
  stack.defer(async () => {
    for (const container of containers) await container[Symbol.asyncDispose]();
  });

  async function call({ command, config, container, variables = {}, reference }: CniCall): Promise<CniAnswer> {
    const environment = {
      ...{ CNI_COMMAND: command, CNI_PATH: REFERENCE_PLUGINS, CNI_IFNAME: "eth0", WEFT_RUN: runDirectory },
      ...(container !== undefined && { CNI_CONTAINERID: container.id, CNI_NETNS: container.netnsPath }),
      ...variables,
    };
    const given = Object.entries(environment).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${value}`],
    );
    const program =
      reference === undefined ? `${pluginDirectory}/${typeOf(config)}` : `${REFERENCE_PLUGINS}/${reference}`;
    const clean = ["env", "-i", `PATH=${process.env["PATH"]}`, ...given];
    const stdin = typeof config === "string" ? config : JSON.stringify(config);
    const result = await run(host, [...clean, program], { stdin });
    return { ...result, json: parseJson(result.stdout) };
  }

  async function succeed(wanted: CniCall): Promise<CniAnswer> {
    const answer = await call(wanted);
    if (answer.exitCode === 0) return answer;
    throw new Error(`${wanted.command} failed with ${answer.exitCode}: ${answer.stdout}${answer.stderr}`);
  }

  const owned = stack.move();
  return {
    ...{ host, outside: host.outside, runDirectory, pluginDirectory, call },
    async container() {
      const made = await createHost({ label: `c${containers.length}` });
      await runOrThrow(made, "ip link set lo down"); // as a runtime makes it
      containers.push(made);
      return { netnsPath: made.netnsPath, id: made.name };
    },
    add: async (config, container, variables = {}) =>
      (await succeed({ command: "ADD", config, container, variables })).json as CniResultJson,
    del: async (config, container, variables = {}) => {
      await succeed({ command: "DEL", config, container, variables });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Scripts in place of links: from source, nothing but `exec -a` gives a process another name. */
async function makePlugins(directory: string): Promise<string> {
  const plugins = join(directory, "plugins");
  await mkdir(plugins);
  for (const name of ["weft", ...PLUGIN_NAMES]) {
    const text = `#!/bin/bash\nexec -a ${name} ${weftCommand().join(" ")}\n`;
    await writeFile(join(plugins, name), text, { mode: 0o755 });
  }
  return plugins;
}

/** The name by which a runtime would call the plugin of this configuration. */
function typeOf(config: unknown): string {
  const keys = typeof config === "object" && config !== null ? Object.entries(config) : [];
  const type = keys.find(([key]) => key.toLowerCase() === "type")?.[1];
  return typeof type === "string" && PLUGIN_NAMES.includes(type) ? type : "weft";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
