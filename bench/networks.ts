/** Create a network, connect, disconnect, remove: through each daemon's API, ours also through Docker's, warm, in turn. */
import { Api, createHost, startDaemon, startDockerd } from "../test/support/mod.ts";
import {
  alternate,
  type Comparison,
  type Contender,
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
using weftAsDocker = await Api.open({ socket: daemon.socket, prefix: "/v1.41", of: "weft" });

await dockerd.startContainer("box");
await weft.request("POST", "/sandboxes", { name: "box", process: sandboxProcess });

/** A round in Docker's words. */
const asDocker = (name: string, api: Api): Contender => ({
  name,
  run: async (round) => ({
    create: await timed(() => api.request("POST", "/networks/create", { Name: `n${round}`, CheckDuplicate: true })),
    connect: await timed(() => api.request("POST", `/networks/n${round}/connect`, { Container: "box" })),
    disconnect: await timed(() => api.request("POST", `/networks/n${round}/disconnect`, { Container: "box" })),
    remove: await timed(() => api.request("DELETE", `/networks/n${round}`)),
  }),
});

const samples = await alternate(
  [
    asDocker("dockerd", dockerd.api),
    asDocker("weft by Docker's API", weftAsDocker),
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
const figure = (name: string, what: string, way = "weft"): Comparison => {
  const atLeast = way === "weft" ? wanted[name] : undefined;
  return compare({
    ...{ what, unit: "ms", better: "less", ours: median(samples[way]?.[name] ?? []) },
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
    figure("create", "create a network by Docker's API", "weft by Docker's API"),
    figure("connect", "connect a running sandbox by Docker's API", "weft by Docker's API"),
    figure("disconnect", "disconnect it by Docker's API", "weft by Docker's API"),
    figure("remove", "remove the network by Docker's API", "weft by Docker's API"),
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
