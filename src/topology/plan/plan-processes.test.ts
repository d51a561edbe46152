import { expect, test } from "bun:test";
import { type ProcessRecord, type ProcessSpec, parseSandboxId } from "../../model/mod.ts";
import { EMPTY_PLACE, type PlaceName, type ProcessName, type TopologyState } from "../state/mod.ts";
import { formatOperation } from "./operation.ts";
import { type ObservedProcess, planProcesses } from "./plan-processes.ts";

const red = "red" as PlaceName;
const server = "server" as ProcessName;
const spec: ProcessSpec = {
  ...{ command: ["serve", "it's"], environment: { A: "1", B: "2" }, workingDirectory: "/" },
  ...{ stopSignal: "SIGTERM", stopTimeoutMs: 10_000, restart: "no" },
};
const record = (fields: Partial<ProcessRecord>): ProcessRecord => ({
  ...{ sandbox: parseSandboxId("ab".repeat(32)), state: "running", wanted: true, restarts: 0 },
  ...fields,
});
const there = (fields: Partial<ObservedProcess>): ObservedProcess => ({
  ...{ at: { place: red, process: server }, spec, record: record({}), isAlive: true },
  ...fields,
});
const wanting = (...specs: readonly ProcessSpec[]): TopologyState =>
  new Map([[red, { ...EMPTY_PLACE, processes: new Map(specs.map((each) => [server, each])) }]]);

interface Case {
  readonly name: string;
  readonly observed: readonly ObservedProcess[];
  readonly desired?: TopologyState;
  readonly hasKeeper?: boolean;
  readonly namespaces?: readonly PlaceName[];
  readonly plan: readonly string[];
}

const start = "start process red/server: serve 'it'\\''s'";
const stop = "stop process red/server";
const cases: readonly Case[] = [
  { name: "that is not there starts", observed: [], plan: [start] },
  { name: "that runs stays", observed: [there({})], plan: [] },
  {
    name: "with the same variables in another order stays",
    observed: [there({ spec: { ...spec, environment: { B: "2", A: "1" } } })],
    plan: [],
  },
  {
    name: "with other words is another",
    observed: [there({ spec: { ...spec, user: "nobody" } })],
    plan: [stop, start],
  },
  { name: "that is not in the file ends", observed: [there({})], desired: wanting(), plan: [stop] },
  { name: "that was killed starts again", observed: [there({ isAlive: false })], plan: [start] },
  {
    name: "that has done its work stays as it is",
    observed: [there({ isAlive: false, record: record({ state: "exited", exitCode: 0 }) })],
    plan: [],
  },
  {
    name: "that failed starts again",
    observed: [there({ isAlive: false, record: record({ state: "exited", exitCode: 1 }) })],
    plan: [start],
  },
  {
    name: "that is ill is replaced",
    observed: [there({ record: record({ health: "unhealthy" }) })],
    plan: [stop, start],
  },
  { name: "whose namespace is made anew is replaced", observed: [there({})], namespaces: [], plan: [stop, start] },
  {
    name: "that nobody looks after gets a keeper",
    observed: [there({})],
    hasKeeper: false,
    plan: ["look after the processes again"],
  },
];

test.each(cases)(
  "a process $name",
  ({ observed, desired = wanting(spec), hasKeeper = true, namespaces = [red], plan }) => {
    const { leaving, coming } = planProcesses(desired, { processes: observed, hasKeeper }, new Set(namespaces));
    expect([...leaving, ...coming].map(formatOperation)).toEqual([...plan]);
  },
);
