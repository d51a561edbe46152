/** Create a network, connect, disconnect, remove: through each daemon's API, warm, in turn. */
import { createHost, startDaemon, startDockerd } from "../test/support/mod.ts";
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

const rounds = Number(process.env["WEFT_BENCH_ROUNDS"] ?? 100);

await using dockerHost = await createHost({ label: "docker" });
await using weftHost = await createHost({ label: "weft" });
await using dockerd = await startDockerd(dockerHost);
await using daemon = await startDaemon(weftHost);
using weft = await openWeft(daemon);

await dockerd.startContainer("box");
await weft.request("POST", "/sandboxes", { name: "box", process: sandboxProcess });

const samples = await alternate(
  [
    {
      name: "dockerd",
      run: async (round) => ({
        create: await timed(() =>
          dockerd.api.request("POST", "/networks/create", { Name: `n${round}`, CheckDuplicate: true }),
        ),
        connect: await timed(() => dockerd.api.request("POST", `/networks/n${round}/connect`, { Container: "box" })),
        disconnect: await timed(() =>
          dockerd.api.request("POST", `/networks/n${round}/disconnect`, { Container: "box" }),
        ),
        remove: await timed(() => dockerd.api.request("DELETE", `/networks/n${round}`)),
      }),
    },
    {
      name: "weft",
      run: async (round) => ({
        create: await timed(() => weft.request("POST", "/networks", { name: `n${round}` })),
        connect: await timed(() => weft.request("POST", `/networks/n${round}/connect`, { sandbox: "box" })),
        disconnect: await timed(() => weft.request("POST", `/networks/n${round}/disconnect`, { sandbox: "box" })),
        remove: await timed(() => weft.request("DELETE", `/networks/n${round}`)),
      }),
    },
  ],
  { rounds, warmup: Math.min(10, rounds), inARow: 10 },
);

const wanted: Readonly<Record<string, number>> = { create: 20, connect: 15, disconnect: 10 };
const figure = (name: string, what: string): Comparison => {
  const atLeast = wanted[name];
  return compare({
    ...{ what, unit: "ms", better: "less", ours: median(samples["weft"]?.[name] ?? []) },
    peer: { name: "dockerd", value: median(samples["dockerd"]?.[name] ?? []) },
    ...(atLeast !== undefined && { wanted: { kind: "ratio", atLeast } as const }),
  });
};
await report({
  name: "networks",
  comparisons: [
    figure("create", "create a network"),
    figure("connect", "connect a running sandbox"),
    figure("disconnect", "disconnect it"),
    figure("remove", "remove the network"),
  ],
  facts: {
    dockerd: dockerd.version,
    rounds,
    p99Ms: Object.fromEntries(
      Object.entries(samples).map(([name, figures]) => [
        name,
        Object.fromEntries(Object.entries(figures).map(([key, values]) => [key, percentile(values, 99)])),
      ]),
    ),
  },
});
