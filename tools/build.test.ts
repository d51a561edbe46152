import { expect, test } from "bun:test";
import { type WorkerReference, workerProblem } from "./build.ts";

const cases: readonly {
  name: string;
  workers: readonly string[];
  references: readonly WorkerReference[];
  problem: string | undefined;
}[] = [
  {
    name: "a worker beside the file that starts it",
    workers: ["src/dns/dns-worker.ts"],
    references: [{ file: "src/dns/server.ts", url: "./dns-worker.ts" }],
    problem: undefined,
  },
  {
    name: "two workers of one name",
    workers: ["src/dns/x-worker.ts", "src/sys/x-worker.ts"],
    references: [],
    problem:
      "Cannot build dist/weft: src/dns/x-worker.ts and src/sys/x-worker.ts have the same name x-worker.ts, want one of each",
  },
  {
    name: "a worker of another folder",
    workers: ["src/dns/dns-worker.ts"],
    references: [{ file: "src/engine/start.ts", url: "../dns/dns-worker.ts" }],
    problem:
      'Cannot build dist/weft: src/engine/start.ts starts the worker "../dns/dns-worker.ts", want a worker in its own folder',
  },
];
test.each(cases)("workerProblem judges $name", ({ workers, references, problem }) => {
  expect(workerProblem(workers, references)).toBe(problem);
});
