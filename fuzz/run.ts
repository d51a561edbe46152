/**
 * Feeds random, truncated and damaged input to every decoder: `bun fuzz/run.ts [--seconds N] [--seed N] [NAME…]`. A finding names
 * the seed and the round, and holds the input; with the same seed it comes back.
 */
import { parseArgs } from "node:util";
import { runTarget } from "./run-target.ts";
import { targets } from "./targets/mod.ts";

const { values, positionals } = parseArgs({
  options: { seconds: { type: "string", default: "60" }, seed: { type: "string", default: String(Date.now() % 1e9) } },
  allowPositionals: true,
});
const wanted = targets.filter(
  ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
);
const milliseconds = (Number(values.seconds) * 1000) / Math.max(1, wanted.length);
const seed = Number(values.seed);

let findings = 0;
for (const target of wanted) {
  const { rounds, accepted, finding } = runTarget(target, { seed, rounds: Number.POSITIVE_INFINITY, milliseconds });
  process.stdout.write(
    `${target.name}: ${accepted} inputs accepted${finding === undefined ? "" : `, failed in round ${rounds}`}\n`,
  );
  if (finding === undefined) continue;
  findings += 1;
  process.stdout.write(
    `  seed ${finding.seed}, round ${finding.round}\n  input ${finding.input}\n  ${finding.problem}\n`,
  );
}
process.stdout.write(`${wanted.length} decoders, ${findings} findings, seed ${seed}\n`);
process.exit(findings === 0 && wanted.length > 0 ? 0 : 1);
