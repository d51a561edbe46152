/** A macvlan network on the uplink: create, connect, disconnect, remove, through each daemon's API, warm, in turn. */
import { createHost, startDaemon, startDockerd } from "../test/support/mod.ts";
import { alternate, type Comparison, compare, median, openWeft, report, sandboxProcess, timed } from "./support/mod.ts";

const rounds = Number(process.env["WEFT_BENCH_ROUNDS"] ?? 50);

await using dockerHost = await createHost({ label: "docker", uplink: true });
await using weftHost = await createHost({ label: "weft", uplink: true });
await using dockerd = await startDockerd(dockerHost);
await using daemon = await startDaemon(weftHost);
using weft = await openWeft(daemon);

await dockerd.startContainer("box");
await weft.request("POST", "/sandboxes", { name: "box", process: sandboxProcess });

const parent = { parent: "uplink0" };
const prefix = (round: number): string => `10.${64 + (round >> 8)}.${round & 0xff}.0/24`;
const { api } = dockerd;
const samples = await alternate(
  [
    {
      name: "dockerd",
      run: async (round) => {
        const ipam = { Config: [{ Subnet: prefix(round) }] };
        const network = { Name: `n${round}`, Driver: "macvlan", Options: parent, IPAM: ipam };
        return {
          create: await timed(() => api.request("POST", "/networks/create", network)),
          connect: await timed(() => api.request("POST", `/networks/n${round}/connect`, { Container: "box" })),
          disconnect: await timed(() => api.request("POST", `/networks/n${round}/disconnect`, { Container: "box" })),
          remove: await timed(() => api.request("DELETE", `/networks/n${round}`)),
        };
      },
    },
    {
      name: "weft",
      run: async (round) => {
        const subnets = [{ prefix: prefix(round) }];
        const network = { name: `n${round}`, driver: "macvlan", options: parent, subnets };
        return {
          create: await timed(() => weft.request("POST", "/networks", network)),
          connect: await timed(() => weft.request("POST", `/networks/n${round}/connect`, { sandbox: "box" })),
          disconnect: await timed(() => weft.request("POST", `/networks/n${round}/disconnect`, { sandbox: "box" })),
          remove: await timed(() => weft.request("DELETE", `/networks/n${round}`)),
        };
      },
    },
  ],
  { rounds, warmup: Math.min(5, rounds), inARow: 10 },
);

const figure = (name: string, what: string): Comparison =>
  compare({
    ...{ what, unit: "ms", better: "less", ours: median(samples["weft"]?.[name] ?? []) },
    peer: { name: "dockerd", value: median(samples["dockerd"]?.[name] ?? []) },
  });
await report({
  name: "macvlan",
  comparisons: [
    figure("create", "create a macvlan network"),
    figure("connect", "connect a running sandbox to it"),
    figure("disconnect", "disconnect it from it"),
    figure("remove", "remove the macvlan network"),
  ],
  facts: { dockerd: dockerd.version, rounds },
});
