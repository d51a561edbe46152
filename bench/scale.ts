/** A thousand sandboxes on twenty networks: time, memory of the daemon, and rules, beside Docker with fifty. */
import { createHost, startDaemon, witness } from "../test/support/mod.ts";
import { addSandboxes, compare, createNetworks, median, openWeft, report, startDockerd, timed } from "./support/mod.ts";

const networks = 20;
const sandboxes = Number(process.env["WEFT_BENCH_SANDBOXES"] ?? 1000);
const containers = 50;

const mean = (samples: readonly number[]): number => samples.reduce((sum, one) => sum + one, 0) / samples.length;

async function ruleCount(place: Parameters<typeof witness>[0]): Promise<number> {
  const ruleset = await witness(place, "nft -j list ruleset");
  return JSON.stringify(ruleset).split('{"rule":').length - 1;
}

await using dockerHost = await createHost({ label: "docker" });
await using dockerd = await startDockerd(dockerHost);
for (let index = 0; index < networks; index++) {
  await dockerd.api.request("POST", "/networks/create", { Name: `net-${index}`, CheckDuplicate: true });
}
const dockerRulesBefore = await ruleCount(dockerHost);
const dockerTimes: number[] = [];
for (let index = 0; index < containers; index++) {
  dockerTimes.push(await timed(() => dockerd.startContainer(`box-${index}`, `net-${index % networks}`)));
}
const dockerRulesAfter = await ruleCount(dockerHost);

await using weftHost = await createHost({ label: "weft" });
await using daemon = await startDaemon(weftHost);
using weft = await openWeft(daemon);
await createNetworks(weft, networks);
const rulesBefore = await ruleCount(weftHost);
const { times } = await addSandboxes(weft, { networks, sandboxes });
const rulesAfter = await ruleCount(weftHost);
const status = await Bun.file(`/proc/${daemon.pid}/status`).text();
const residentMb = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1000;

const tenth = Math.max(1, Math.floor(sandboxes / 10));
const growth = median(times.slice(-tenth)) / median(times.slice(0, tenth));
await report({
  name: "scale",
  comparisons: [
    compare({
      ...{ what: `one of ${sandboxes} sandboxes up`, unit: "ms", better: "less", ours: mean(times) },
      peer: { name: `Docker, one of ${containers},`, value: mean(dockerTimes) },
    }),
    compare({
      ...{ what: "the last tenth's time by the first's", unit: "times", better: "less", ours: growth },
      wanted: { kind: "ours", atMost: 1.5 },
    }),
    compare({
      ...{ what: "daemon's memory", unit: "MB", better: "less", ours: residentMb },
      wanted: { kind: "ours", atMost: 150 },
    }),
    compare({
      ...{ what: "nft rules added by them", unit: "rules", better: "less", ours: rulesAfter - rulesBefore },
      peer: { name: `Docker, by ${containers},`, value: dockerRulesAfter - dockerRulesBefore },
      wanted: { kind: "ours", atMost: 0 },
    }),
  ],
  facts: {
    ...{ dockerd: dockerd.version, sandboxes, networks, containers, rulesBefore, rulesAfter },
    ...{ dockerRulesBefore, dockerRulesAfter, weftSeconds: mean(times) * (times.length / 1000) },
  },
});
