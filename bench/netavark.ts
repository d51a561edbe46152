/**
 * Attach a namespace to a network that others are on, without and with a published port, and detach it: netavark as podman runs it, and
 * our daemon, warm, in turn.
 */
import { createHost, type Place, run, runOrThrow, startDaemon } from "../test/support/mod.ts";
import {
  alternate,
  type Comparison,
  compare,
  median,
  openWeft,
  percentile,
  report,
  sandboxProcess,
  timed,
} from "./support/mod.ts";

const rounds = Number(process.env["WEFT_BENCH_ROUNDS"] ?? 50);
const program = "/usr/lib/podman/netavark";

await using theirHost = await createHost({ label: "netavark" });
await using theirBox = await createHost({ label: "netavark-box" });
await using theirNeighbour = await createHost({ label: "netavark-other" });
await using weftHost = await createHost({ label: "weft" });
await using daemon = await startDaemon(weftHost);
using weft = await openWeft(daemon);

/** What podman writes to its standard input. */
const wish = (container: string, address: string, ports: readonly object[] = []): string =>
  JSON.stringify({
    port_mappings: ports,
    container_id: container.padEnd(64, "0"),
    container_name: container,
    networks: { bench: { static_ips: [address], interface_name: "eth1" } },
    network_info: {
      bench: {
        name: "bench",
        id: "b".repeat(64),
        driver: "bridge",
        network_interface: "bench0",
        subnets: [{ subnet: "10.90.0.0/24", gateway: "10.90.0.1" }],
        ipv6_enabled: false,
        internal: false,
        dns_enabled: false,
        ipam_options: { driver: "host-local" },
      },
    },
  });

async function netavark(command: "setup" | "teardown", box: Place, input: string): Promise<void> {
  await runOrThrow(theirHost, [program, command, box.netnsPath], { stdin: input });
}

// The bridge is there before and after, as our network is.
await netavark("setup", theirNeighbour, wish("other", "10.90.0.200"));
await weft.request("POST", "/networks", { name: "bench" });
await weft.request("POST", "/sandboxes", { name: "box", process: sandboxProcess });
await weft.request("POST", "/sandboxes", { name: "other", process: sandboxProcess, networks: [{ network: "bench" }] });

await weft.request("POST", "/sandboxes", {
  name: "publisher",
  process: sandboxProcess,
  ports: [{ hostPorts: "8080", sandboxPorts: "80" }],
});

const theirPort = { container_port: 80, host_port: 8080, host_ip: "", protocol: "tcp", range: 1 };

/** What a round's steps leave is looked at once: a port that leads nowhere would be cheap. */
async function expectPort(host: Place): Promise<void> {
  const { stdout } = await run(host, "nft list ruleset");
  if (!stdout.includes("8080")) throw new Error("Cannot measure a published port: no rule or element has it");
}

const samples = await alternate(
  [
    {
      name: "netavark",
      run: async (round) => {
        const address = `10.90.0.${2 + (round % 100)}`;
        const [input, published] = [wish("box", address), wish("box", address, [theirPort])];
        const plain = {
          connect: await timed(() => netavark("setup", theirBox, input)),
          disconnect: await timed(() => netavark("teardown", theirBox, input)),
        };
        const publish = await timed(() => netavark("setup", theirBox, published));
        if (round === 0) await expectPort(theirHost);
        return {
          ...{ ...plain, publish },
          withdraw: await timed(() => netavark("teardown", theirBox, published)),
          nothing: await timed(() => runOrThrow(theirHost, [program, "version"])),
        };
      },
    },
    {
      name: "weft",
      run: async (round) => {
        const change = (verb: string, sandbox: string) =>
          timed(() => weft.request("POST", `/networks/bench/${verb}`, { sandbox }));
        const plain = { connect: await change("connect", "box"), disconnect: await change("disconnect", "box") };
        const publish = await change("connect", "publisher");
        if (round === 0) await expectPort(weftHost);
        return { ...plain, publish, withdraw: await change("disconnect", "publisher") };
      },
    },
  ],
  { rounds, warmup: Math.min(5, rounds), inARow: 5 },
);

const figure = (key: string, what: string): Comparison =>
  compare({
    ...{ what, unit: "ms", better: "less", ours: median(samples["weft"]?.[key] ?? []) },
    peer: { name: "netavark", value: median(samples["netavark"]?.[key] ?? []) },
    wanted: { kind: "ratio", atLeast: 10 },
  });
await report({
  name: "netavark",
  comparisons: [
    figure("connect", "connect a sandbox to a network that others are on"),
    figure("disconnect", "disconnect it"),
    figure("publish", "connect one with a published port"),
    figure("withdraw", "disconnect that"),
  ],
  facts: {
    netavark: (await runOrThrow(theirHost, [program, "--version"])).trim(),
    rounds,
    /** Of the peer's figures, what starting the program by nsenter takes when it does nothing. */
    startMs: median(samples["netavark"]?.["nothing"] ?? []),
    p99Ms: Object.fromEntries(
      Object.entries(samples).map(([name, figures]) => [
        name,
        Object.fromEntries(Object.entries(figures).map(([key, values]) => [key, percentile(values, 99)])),
      ]),
    ),
  },
});
