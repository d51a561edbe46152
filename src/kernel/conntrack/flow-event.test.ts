import { expect, test } from "bun:test";
import { parseIpAddress } from "../../net/mod.ts";
import { openConnection } from "../../netlink/connection/mod.ts";
import { createNetns, inNetns } from "../../sys/mod.ts";
import { deleteFlows, type FlowEvent, watchFlows } from "./mod.ts";

const privileged = process.getuid?.() === 0;

test.if(privileged)("flows are watched from birth to death", async () => {
  using netns = createNetns();
  const conntrack = (options: string) => inNetns(netns, () => Bun.spawnSync(["conntrack", ...options.split(" ")]));
  await using watch = watchFlows({ netns });
  using connection = openConnection({ protocol: "netfilter", netns });
  conntrack("-I -p udp -s 10.0.0.2 -d 10.0.0.3 --sport 4000 --dport 53 -t 300");
  conntrack("-U -p udp -s 10.0.0.2 -d 10.0.0.3 --sport 4000 --dport 53 -m 9");
  expect(deleteFlows(connection, { original: { destination: parseIpAddress("10.0.0.3") } })).toBe(1);
  const seen: FlowEvent[] = [];
  for await (const event of watch) {
    seen.push(event);
    if (event.kind === "destroy") break;
  }
  expect(seen.map(({ kind }) => kind)).toEqual(["new", "update", "destroy"]);
  const original = { source: "10.0.0.2", destination: "10.0.0.3", sourcePort: 4000, destinationPort: 53 };
  expect(seen[1]).toMatchObject({ flow: { protocol: "udp", mark: 9, original } });
  expect(seen[2]).toMatchObject({ flow: { protocol: "udp", original } });
});
