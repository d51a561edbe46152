/** A thousand sandboxes on twenty networks, each with a published port: time, memory, processor, rules; beside Docker with fifty. */
import { createHost, processesIn, startDaemon, startDockerd } from "../test/support/mod.ts";
import {
  addSandboxes,
  bringUpContainers,
  compare,
  countRules,
  createNetworks,
  mean,
  median,
  openWeft,
  processorShare,
  report,
  residentMegabytes,
} from "./support/mod.ts";

const networks = 20;
const sandboxes = Number(process.env["WEFT_BENCH_SANDBOXES"] ?? 1000);
const containers = 50;
/** What came up last settles meanwhile: neighbours are looked for, memory is given back. */
const SETTLING_MS = 3000;
const IDLE_MS = 10_000;

const docker = await measureDocker();
const weft = await measureWeft();

const tenth = Math.max(1, Math.floor(sandboxes / 10));
const growth = median(weft.times.slice(-tenth)) / median(weft.times.slice(0, tenth));
const peer = `Docker with ${containers}`;
await report({
  name: "scale",
  comparisons: [
    compare({
      ...{ what: `one of ${sandboxes} sandboxes up`, unit: "ms", better: "less", ours: mean(weft.times) },
      peer: { name: peer, value: mean(docker.times) },
    }),
    compare({
      ...{ what: "the last tenth's time by the first's", unit: "times", better: "less", ours: growth },
      wanted: { kind: "ours", atMost: 1.5 },
    }),
    compare({
      ...{ what: "the daemon's memory", unit: "MB", better: "less", ours: weft.megabytes },
      peer: { name: `${peer}, its helpers too,`, value: docker.megabytes },
      wanted: { kind: "ours", atMost: 150 },
    }),
    compare({
      ...{ what: "nft rules added by them", unit: "rules", better: "less", ours: weft.rules.added },
      peer: { name: peer, value: docker.rules.added },
      wanted: { kind: "ours", atMost: 0 },
    }),
    compare({
      ...{ what: "the daemon's processor when idle", unit: "% of one", better: "less", ours: weft.idlePercent },
      peer: { name: `${peer}, its helpers too,`, value: docker.idlePercent },
    }),
  ],
  facts: {
    dockerd: docker.version,
    sandboxes,
    networks,
    containers,
    seconds: mean(weft.times) * (sandboxes / 1000),
    weft,
    docker,
  },
});

async function measureDocker() {
  await using host = await createHost({ label: "docker" });
  await using dockerd = await startDockerd(host);
  for (let index = 0; index < networks; index++) {
    await dockerd.api.request("POST", "/networks/create", { Name: `net-${index}`, CheckDuplicate: true });
  }
  const before = await countRules(host);
  const times = await bringUpContainers(dockerd, { networks, sandboxes: containers });
  const rules = { before, added: (await countRules(host)) - before };
  await Bun.sleep(SETTLING_MS);
  // Beside dockerd: containerd, one shim and one or two proxies for each container.
  const pids = await processesIn(host.netnsPath);
  const idlePercent = await processorShare(pids, IDLE_MS);
  return { version: dockerd.version, times, rules, megabytes: await residentMegabytes(pids), idlePercent };
}

async function measureWeft() {
  await using host = await createHost({ label: "weft" });
  await using daemon = await startDaemon(host);
  using api = await openWeft(daemon);
  await createNetworks(api, networks);
  const before = await countRules(host);
  const { times } = await addSandboxes(api, { networks, sandboxes });
  const rules = { before, added: (await countRules(host)) - before };
  await Bun.sleep(SETTLING_MS);
  const idlePercent = await processorShare([daemon.pid], IDLE_MS);
  return { times, rules, megabytes: await residentMegabytes([daemon.pid]), idlePercent };
}
