import { expect, test } from "bun:test";
import { compare, formatTable } from "./report.ts";

test("formatTable shows ours beside the peer, and what was missed", () => {
  const table = formatTable([
    compare({
      ...{ what: "create a network", unit: "ms", better: "less", ours: 1.234 },
      ...{ peer: { name: "dockerd", value: 97.3 }, wanted: { kind: "ratio", atLeast: 20 } },
    }),
    compare({
      ...{ what: "throughput", unit: "Gbit/s", better: "more", ours: 20 },
      ...{ peer: { name: "plain veth", value: 40 }, wanted: { kind: "ratio", atLeast: 0.85 } },
    }),
    compare({ what: "memory", unit: "MB", better: "less", ours: 120, wanted: { kind: "ours", atMost: 150 } }),
  ]);
  expect(table).toBe(
    [
      "WHAT              WEFT         PEER                    RATIO   WANTED",
      "create a network  1.23 ms      dockerd 97.3 ms         78.8x   20x",
      "throughput        20.0 Gbit/s  plain veth 40.0 Gbit/s  0.500x  0.85x: MISSED",
      "memory            120 MB       –                       –       at most 150 MB",
    ].join("\n"),
  );
});
