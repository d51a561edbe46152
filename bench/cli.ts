/** From the command line: the start of the program and one question, beside Docker's own client. */
import { createHost, startDaemon, startDockerd, weftCommand } from "../test/support/mod.ts";
import { alternate, type Comparison, compare, median, openWeft, report, timed } from "./support/mod.ts";

const rounds = Number(process.env["WEFT_BENCH_ROUNDS"] ?? 40);

await using dockerHost = await createHost({ label: "docker" });
await using weftHost = await createHost({ label: "weft" });
await using dockerd = await startDockerd(dockerHost);
await using daemon = await startDaemon(weftHost);
using weft = await openWeft(daemon);
for (let index = 0; index < 3; index++) {
  await dockerd.api.request("POST", "/networks/create", { Name: `n${index}`, CheckDuplicate: true });
  await weft.request("POST", "/networks", { name: `n${index}` });
}

/** @throws {Error} When it fails: what is measured must have been done. */
async function start(command: readonly string[], environment: Readonly<Record<string, string>>): Promise<void> {
  const child = Bun.spawn([...command], { env: { ...process.env, ...environment }, stdout: "ignore", stderr: "pipe" });
  if ((await child.exited) !== 0) throw new Error(`Cannot ${command.join(" ")}: ${await child.stderr.text()}`);
}

const contenders = [
  { name: "weft", command: weftCommand(), environment: { WEFT_SOCKET: daemon.socket } },
  { name: "docker", command: ["docker"], environment: { DOCKER_HOST: `unix://${dockerd.socket}` } },
];
const samples = await alternate(
  contenders.map(({ name, command, environment }) => ({
    name,
    run: async () => ({
      list: await timed(() => start([...command, "network", "ls"], environment)),
      help: await timed(() => start([...command, "network", "--help"], environment)),
    }),
  })),
  { rounds, warmup: 3, inARow: 5 },
);

const figure = (what: string, name: string): Comparison =>
  compare({
    ...{ what, unit: "ms", better: "less", ours: median(samples["weft"]?.[name] ?? []) },
    peer: { name: "docker", value: median(samples["docker"]?.[name] ?? []) },
  });
await report({
  name: "cli",
  comparisons: [figure("network ls, whole process", "list"), figure("network --help", "help")],
  facts: { dockerd: dockerd.version, rounds },
});
