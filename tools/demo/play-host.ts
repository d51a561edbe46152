import { readFileSync } from "node:fs";
import { mkdtemp, readdir, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NftClient } from "../../src/kernel/nftables/mod.ts";
import { openRouteClient } from "../../src/kernel/route/mod.ts";
import { parseLinkName } from "../../src/net/mod.ts";
import { openConnection } from "../../src/netlink/connection/mod.ts";
import { createNetns, inNetns, type Netns } from "../../src/sys/mod.ts";

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A network namespace that plays the host, and directories to match: the demo touches nothing of the real one. Made by our own
 * system calls, since a machine may lack iproute2.
 */
export class PlayHost implements AsyncDisposable {
  readonly directory: string;
  readonly #netns: Netns;

  private constructor(directory: string, netns: Netns) {
    this.directory = directory;
    this.#netns = netns;
  }

  static async create(): Promise<PlayHost> {
    const directory = await mkdtemp(join(tmpdir(), "weft-demo-"));
    const netns = createNetns();
    using client = openRouteClient({ netns });
    client.links.set(parseLinkName("lo"), { up: true });
    return new PlayHost(directory, netns);
  }

  get socket(): string {
    return join(this.directory, "weft.sock");
  }

  get runDirectory(): string {
    return join(this.directory, "run");
  }

  get stateDirectory(): string {
    return join(this.directory, "state");
  }

  /** Where the daemon's own words go. */
  get logPath(): string {
    return join(this.directory, "daemon.log");
  }

  /** Starts a daemon here. */
  startDaemon(program: string): Bun.Subprocess {
    const options = ["--socket", this.socket, "--state", this.stateDirectory, "--run", this.runDirectory];
    const log = Bun.file(this.logPath);
    return inNetns(this.#netns, () =>
      Bun.spawn([program, "daemon", ...options], { stdin: "ignore", stdout: log, stderr: log }),
    );
  }

  /**
   * Runs a program here to its end. A process is born in the namespace of the thread that starts it.
   *
   * @param show Lets the person see what it says on standard error, which then is not in the answer.
   */
  async run(command: readonly string[], { show = false }: { readonly show?: boolean } = {}): Promise<CommandResult> {
    const places = { WEFT_SOCKET: this.socket, WEFT_STATE: this.stateDirectory, WEFT_RUN: this.runDirectory };
    const env = { ...process.env, ...places };
    const child = inNetns(this.#netns, () =>
      Bun.spawn([...command], { env, stdin: "ignore", stdout: "pipe", stderr: show ? "inherit" : "pipe" }),
    );
    const [stdout, stderr, exitCode] = await Promise.all([
      child.stdout.text(),
      child.stderr?.text() ?? "",
      child.exited,
    ]);
    return { exitCode, stdout, stderr };
  }

  /** What the kernel still has here that a fresh host had not, one phrase each. */
  async remains(): Promise<readonly string[]> {
    const devices = inNetns(this.#netns, () => readFileSync("/proc/thread-self/net/dev", "utf8"));
    const links = Array.from(devices.matchAll(/^\s*([^\s:]+):/gm), ([, name]) => name).filter((name) => name !== "lo");
    using connection = openConnection({ protocol: "netfilter", netns: this.#netns });
    const tables = new NftClient(connection).listTables().map(({ family, name }) => `${family} ${name}`);
    const mounts = await this.mounts();
    const pids = await this.pids();
    return [
      ...links.map((name) => `link ${name}`),
      ...tables.map((name) => `nftables table ${name}`),
      ...mounts.map((path) => `mount ${path}`),
      ...pids.map((pid) => `process ${pid}`),
    ];
  }

  async mounts(): Promise<readonly string[]> {
    const lines = (await Bun.file("/proc/self/mounts").text()).split("\n");
    return lines.map((line) => line.split(" ")[1] ?? "").filter((path) => path.startsWith(`${this.directory}/`));
  }

  /** Processes that live here or in a namespace that is mounted below our directory. */
  async pids(): Promise<readonly number[]> {
    const inodes = [this.#netns.identity.ino];
    for (const path of await this.mounts()) inodes.push((await stat(path)).ino);
    const wanted = new Set(inodes.map((inode) => `net:[${inode}]`));
    const found: number[] = [];
    for (const name of await readdir("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const namespace = await readlink(`/proc/${name}/ns/net`).catch(() => "");
      if (wanted.has(namespace)) found.push(Number(name));
    }
    return found;
  }

  /** Ends and removes whatever is left; harmless after a clean end. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of await this.pids()) process.kill(pid, "SIGKILL");
    for (const path of (await this.mounts()).toReversed()) Bun.spawnSync(["umount", "--lazy", path]);
    this.#netns[Symbol.dispose]();
    await rm(this.directory, { recursive: true, force: true });
  }
}
