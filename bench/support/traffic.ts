import { type Place, run, runOrThrow, waitFor } from "../../test/support/mod.ts";

/** Two places, and the address at which the first finds the second. */
export interface Path {
  readonly from: Place;
  readonly to: Place;
  readonly address: string;
}

export interface PathMeter extends AsyncDisposable {
  /** Gbit/s of one TCP stream for some seconds. */
  throughput(): Promise<number>;
  /** Microseconds from a request of 64 bytes to its answer, over one TCP connection: half the time there and back is not taken. */
  latency(): Promise<number>;
}

const seconds = 2;

/** Starts the servers of both measurements at the far end, once for all rounds. */
export async function openMeter({ from, to, address }: Path): Promise<PathMeter> {
  const servers = [
    Bun.spawn(["nsenter", `--net=${to.netnsPath}`, "iperf3", "--server"], { stdout: "ignore", stderr: "ignore" }),
    Bun.spawn(["nsenter", `--net=${to.netnsPath}`, "sockperf", "server", "--tcp", "-i", address, "-p", "11111"], {
      stdout: "ignore",
      stderr: "ignore",
    }),
  ];
  for (const port of [5201, 11111]) {
    await waitFor(async () => (await run(from, `nc -z -w 1 ${address} ${port}`)).exitCode === 0, {
      what: `port ${port}`,
    });
  }
  return {
    async throughput() {
      const report: unknown = JSON.parse(await runOrThrow(from, `iperf3 --json --time ${seconds} --client ${address}`));
      return receivedBits(report) / 1e9;
    },
    async latency() {
      const text = await runOrThrow(
        from,
        `sockperf ping-pong --tcp -i ${address} -p 11111 -t ${seconds} -m 64 --full-rtt`,
      );
      const found = /percentile 50\.000\s*=\s*([\d.]+)/.exec(text)?.[1];
      if (found === undefined) throw new Error(`Cannot read sockperf's answer: ${text}`);
      return Number(found);
    },
    async [Symbol.asyncDispose]() {
      for (const server of servers) server.kill("SIGKILL");
      await Promise.all(servers.map(({ exited }) => exited));
    },
  };
}

function receivedBits(report: unknown): number {
  const end = field(report, "end");
  return Number(field(field(end, "sum_received"), "bits_per_second"));
}

function field(value: unknown, name: string): unknown {
  if (typeof value === "object" && value !== null && name in value) return Reflect.get(value, name);
  throw new Error(`Cannot read iperf3's report: it has no ${name}`);
}
