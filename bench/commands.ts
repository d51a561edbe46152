/** What people type: two namespaces connected, a firewall's rule, a program in a namespace; beside ip and nft as the guide has them. */
import { createHost, type Place, run, runOrThrow, weftCommand } from "../test/support/mod.ts";
import { alternate, type Comparison, compare, median, report, timed } from "./support/mod.ts";

const rounds = Number(process.env["WEFT_BENCH_ROUNDS"] ?? 40);

await using host = await createHost({ label: "commands" });
await using red = await createHost({ label: "commands-red" });
await using blue = await createHost({ label: "commands-blue" });
const own: Place = { netnsPath: "/proc/self/ns/net" };
const noDaemon = {
  WEFT_SOCKET: "",
  WEFT_RUN: "/proc/weft-bench-nowhere/run",
  WEFT_STATE: "/proc/weft-bench-nowhere/state",
};

/** Command lines one after the other, as a shell runs them. @throws {Error} When one fails: what is measured must have been done. */
async function type(place: Place, lines: readonly string[]): Promise<void> {
  for (const line of lines) await runOrThrow(place, line, { environment: noDaemon });
}

const weft = weftCommand().join(" ");
const table = "add table inet t; add chain inet t input { type filter hook input priority 0; }";
await runOrThrow(host, ["nft", table]);

const words = {
  ip: {
    connect: [
      "ip link add v0 type veth peer name v1",
      `ip link set v0 netns ${red.name}`,
      `ip link set v1 netns ${blue.name}`,
      `ip netns exec ${red.name} ip link set v0 up`,
      `ip netns exec ${blue.name} ip link set v1 up`,
    ],
    rule: ["nft add rule inet t input tcp dport 80 accept"],
    exec: [`ip netns exec ${red.name} true`],
  },
  weft: {
    connect: [`${weft} link add v0 --kind veth --in ${red.name} --up --peer v1 --peer-in ${blue.name} --peer-up`],
    rule: [`${weft} firewall add input accept -p tcp --port 80`],
    exec: [`${weft} netns exec ${red.name} true`],
  },
} as const;

const samples = await alternate(
  (["ip", "weft"] as const).map((name) => ({
    name,
    run: async () => {
      const connect = await timed(() => type(host, words[name].connect));
      await run(red, "ip link delete v0");
      return {
        connect,
        rule: await timed(() => type(host, words[name].rule)),
        exec: await timed(() => type(own, words[name].exec)),
      };
    },
  })),
  { rounds, warmup: 3 },
);

const figure = (what: string, name: string, peer: string): Comparison =>
  compare({
    ...{ what, unit: "ms", better: "less", ours: median(samples["weft"]?.[name] ?? []) },
    peer: { name: peer, value: median(samples["ip"]?.[name] ?? []) },
  });
await report({
  name: "commands",
  comparisons: [
    figure("connect two namespaces, typed", "connect", "ip, five commands"),
    figure("add a firewall rule", "rule", "nft"),
    figure("run a program in a namespace", "exec", "ip netns exec"),
  ],
  facts: { rounds },
});
