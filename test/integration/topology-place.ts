import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CommandResult,
  createHost,
  type Host,
  type HostOptions,
  killAllIn,
  type Place,
  run,
  weftCommand,
} from "../support/mod.ts";

/** A host for topologies, whose namespaces have their names in a directory of its own. */
export interface TopologyPlace extends AsyncDisposable {
  readonly host: Host;
  /** Where namespaces have their names. */
  readonly netnsDirectory: string;
  /** For the files of a test. */
  readonly directory: string;
  /** A namespace of a topology. */
  readonly at: (name: string) => Place;
  readonly weft: (...args: readonly string[]) => Promise<CommandResult>;
  /** `weft up` of a text; throws with its words when it fails. @returns What was changed, a line each. */
  readonly up: (text: string, ...args: readonly string[]) => Promise<readonly string[]>;
}

export async function createTopologyPlace(options: HostOptions = {}): Promise<TopologyPlace> {
  const host = await createHost(options);
  const directory = await mkdtemp(join(tmpdir(), `weft-topology-${process.pid}-`));
  const netnsDirectory = join(directory, "netns");
  const weft = (...args: readonly string[]): Promise<CommandResult> =>
    run(host, [...weftCommand(), ...args], { environment: { WEFT_NETNS: netnsDirectory } });
  return {
    host,
    netnsDirectory,
    directory,
    at: (name) => ({ netnsPath: name === "host" ? host.netnsPath : join(netnsDirectory, name) }),
    weft,
    async up(text, ...args) {
      const path = join(directory, "topology.yaml");
      await Bun.write(path, text);
      const { exitCode, stdout, stderr } = await weft("up", "-f", path, "--json", ...args);
      if (exitCode !== 0) throw new Error(`Cannot bring up: exit code ${exitCode}: ${stderr}`);
      return (JSON.parse(stdout) as { readonly changes: readonly string[] }).changes;
    },
    async [Symbol.asyncDispose]() {
      const names = await Array.fromAsync(new Bun.Glob("*").scan({ cwd: netnsDirectory, onlyFiles: false })).catch(
        () => [],
      );
      await killAllIn(host.netnsPath); // the keeper of processes first: it would start them again
      const here: Place = { netnsPath: "/proc/self/ns/net" };
      for (const name of names) {
        await killAllIn(join(netnsDirectory, name));
        await run(here, ["umount", "--lazy", join(netnsDirectory, name)]);
      }
      await run(here, ["umount", "--lazy", netnsDirectory]); // a mount of its own, while namespaces are named in it
      await rm(directory, { recursive: true, force: true });
      await host[Symbol.asyncDispose]();
    },
  };
}

export async function written(place: TopologyPlace, text: string): Promise<string> {
  const path = `${place.directory}/planned.yaml`;
  await Bun.write(path, text);
  return path;
}
