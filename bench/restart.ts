/** kill -9 of the daemon with a thousand sandboxes: how long until it answers again, and what running flows lose meanwhile. */
import { createHost, runOrThrow, startDaemon, witness } from "../test/support/mod.ts";
import { bringUpCrowd, compare, openWeft, report, timed } from "./support/mod.ts";

const networks = 20;
const sandboxes = Number(process.env["WEFT_BENCH_SANDBOXES"] ?? 1000);
/** One echo each 10 ms, before, while and after the daemon is away. */
const echoes = 600;

await using host = await createHost({ label: "restart" });
await using daemon = await startDaemon(host);
using weft = await openWeft(daemon);
const crowd = await bringUpCrowd(weft, { networks, sandboxes });
const [from] = crowd.sandboxes;
const to = crowd.sandboxes[networks]; // the next on the same network
if (from === undefined || to === undefined) throw new Error(`Cannot ping: want at least ${networks + 1} sandboxes`);

await runOrThrow(from, `ping -c 1 ${to.address}`);
const pinging = witness(from, `ping -i 0.01 -c ${echoes} -q ${to.address}`);
await Bun.sleep(1000);
await daemon.kill();
await Bun.sleep(500);
const readyMs = await timed(() => daemon.start());
using again = await openWeft(daemon);
const listMs = await timed(async () => {
  const running = JSON.stringify(await again.request("GET", "/sandboxes")).split('"state":"running"').length - 1;
  if (running !== sandboxes)
    throw new Error(`Cannot go on: ${running} of ${sandboxes} sandboxes run after the restart`);
});
const summary = String(await pinging);
const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(summary) ?? [];

await report({
  name: "restart",
  comparisons: [
    compare({
      ...{ what: `ready after kill -9 with ${sandboxes} sandboxes`, unit: "s", better: "less", ours: readyMs / 1000 },
      wanted: { kind: "ours", atMost: 2 },
    }),
    compare({
      ...{ what: `packets lost of ${sent}`, unit: "packets", better: "less", ours: Number(sent) - Number(received) },
      wanted: { kind: "ours", atMost: 0 },
    }),
  ],
  facts: { sandboxes, networks, listMs, ping: summary },
});
