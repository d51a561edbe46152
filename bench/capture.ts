/**
 * Small packets on their way into a file: how many are lost at a rate, and what a processor has to do for them, beside tcpdump. The
 * sender is bounded: so many packets, at a steady rate.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHost, inPlace, runOrThrow, waitFor, weftCommand } from "../test/support/mod.ts";
import { alternate, type Contender, compare, median, report } from "./support/mod.ts";

const rounds = Number(process.env["WEFT_BENCH_ROUNDS"] ?? 3);
const packets = 500_000;
const perSecond = 150_000;

await using cleanUp = new AsyncDisposableStack();
const host = cleanUp.use(await createHost({ label: "capture", uplink: true }));
const directory = await mkdtemp(join(tmpdir(), "weft-bench-"));
cleanUp.defer(() => rm(directory, { recursive: true }));
const path = join(directory, "packets");
// An address that nobody has: whoever answered would slow the sender down.
await runOrThrow(host, "ip neigh add 203.0.113.9 lladdr 02:00:00:00:00:09 dev uplink0");
const sender = join(import.meta.dir, "../test/support/send-datagrams.ts");
const filter = ["udp", "dst", "port", "9999"];

/** @param ready What it says on standard error when it sees packets. */
function contender(name: string, command: readonly string[], ready: string): Contender {
  return {
    name,
    run: async () => {
      const child = Bun.spawn(inPlace(host.outside, command), {
        stdin: "ignore",
        stdout: "ignore",
        stderr: "pipe",
        env: { ...process.env, WEFT_SOCKET: "/nonexistent/weft.sock" },
      });
      let said = "";
      const reading = (async () => {
        for await (const chunk of child.stderr) said += new TextDecoder().decode(chunk);
      })();
      await waitFor(() => said.includes(ready), { what: `the start of ${name}` });
      const order = ["203.0.113.9", "9999", String(packets), String(perSecond)];
      const sent: { readonly perSecond: number } = JSON.parse(
        await runOrThrow(host, [process.execPath, sender, ...order]),
      );
      child.kill("SIGINT");
      await child.exited;
      await reading;
      const seen = Number(
        /Number of packets: +(\d+)/.exec(await runOrThrow(host, ["capinfos", "-c", "-M", path]))?.[1],
      );
      const cpuMs = Number(child.resourceUsage()?.cpuTime.total ?? 0n) / 1000;
      return {
        lost: ((packets - seen) / packets) * 1e6,
        cpu: (cpuMs / packets) * 1e6,
        perSecond: sent.perSecond,
      };
    },
  };
}

const samples = await alternate(
  [
    contender("weft", [...weftCommand(), "capture", "host0", ...filter, "-w", path], "Capturing on"),
    contender("tcpdump", ["tcpdump", "-n", "-i", "host0", "-w", path, ...filter], "listening on"),
  ],
  { rounds, warmup: 1 },
);
const value = (name: string, figure: string): number => median(samples[name]?.[figure] ?? []);
const worst = (name: string, figure: string): number => Math.max(...(samples[name]?.[figure] ?? []));
await report({
  name: "capture",
  comparisons: [
    compare({
      what: `lost of a million packets, at ${Math.round(value("weft", "perSecond") / 1000)},000 a second, at worst`,
      ...{ unit: "packets", better: "less", ours: worst("weft", "lost"), wanted: { kind: "ours", atMost: 0 } },
      peer: { name: "tcpdump", value: worst("tcpdump", "lost") },
    }),
    compare({
      ...{ what: "processor time for a million packets, with start and end", unit: "ms", better: "less" },
      ours: value("weft", "cpu"),
      peer: { name: "tcpdump", value: value("tcpdump", "cpu") },
    }),
  ],
  facts: { rounds, packets, samples },
});
