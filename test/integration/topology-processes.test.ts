import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inPlace, isAlive, privileged, processesIn, waitFor, weftCommand, witness } from "../support/mod.ts";
import { createTopologyPlace, type TopologyPlace } from "./topology-place.ts";

const served = `
topology: served
namespaces:
  red:
    links:
      a: { peer: blue/b, addresses: [10.0.0.1/24] }
    processes:
      server:
        command: [socat, "TCP-LISTEN:80,fork,reuseaddr", "SYSTEM:read question; echo red"]
        restart: on-failure
        health: { command: "ss -Hlnt sport = :80 | grep -q .", interval: 50ms, retries: 200 }
  blue:
    links:
      b: { addresses: [10.0.0.2/24] }
    processes:
      waiter: { command: [sleep, "600"] }
`;

/** The processes of a namespace by the first word of their command, as /proc tells them. */
async function running(place: TopologyPlace, name: string): Promise<ReadonlyMap<string, number>> {
  const pids = await processesIn(join(place.netnsDirectory, name));
  const named = pids.map((pid) => [readFileSync(`/proc/${pid}/comm`, "utf8").trim(), pid] as const);
  return new Map(named);
}

async function pidOf(place: TopologyPlace, name: string, program: string): Promise<number> {
  return waitFor(async () => (await running(place, name)).get(program), { what: `${program} in ${name}` });
}

/** By their command lines: those that look after this place's processes. */
function keepers(place: TopologyPlace): readonly number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return words.includes("keep-topology") && words.includes(place.netnsDirectory);
      } catch {
        return false; // it ended meanwhile
      }
    })
    .map(Number);
}

async function expectNothing(place: TopologyPlace, pids: readonly number[]): Promise<void> {
  await waitFor(() => keepers(place).length === 0 && !pids.some(isRunning), { what: "the end of all processes" });
  expect(existsSync(`${place.netnsDirectory}.weft`)).toBe(false);
  expect(existsSync(place.netnsDirectory) ? readdirSync(place.netnsDirectory) : []).toEqual([]);
  expect(await witness(place.host, "ip -j link")).toMatchObject([{ ifname: "lo" }]);
}

/** A zombie, which waits for somebody else to ask how it ended, runs no more. */
function isRunning(pid: number): boolean {
  return isAlive(pid) && !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
}

test.if(privileged)("processes run as the file says, and only what differs ends or starts", async () => {
  await using place = await createTopologyPlace({ label: "processes" });
  const planned = await place.up(served, "--dry-run");
  expect(planned).toContain("start process blue/waiter: sleep 600");
  expect(existsSync(`${place.netnsDirectory}.weft`)).toBe(false);
  expect(await place.up(served)).toEqual(planned);
  // It is healthy by now: nobody needs to wait for it.
  expect(await witness(place.at("blue"), ["sh", "-c", "echo ? | socat - TCP:10.0.0.1:80"])).toBe("red");
  const [server, waiter] = [await pidOf(place, "red", "socat"), await pidOf(place, "blue", "sleep")];
  expect(await place.up(served)).toEqual([]);
  expect(await pidOf(place, "red", "socat")).toBe(server);

  const other = served.replace('[sleep, "600"]', '[sleep, "601"]');
  const changes = ["stop process blue/waiter", "start process blue/waiter: sleep 601"];
  expect(await place.up(other, "--dry-run")).toEqual(changes);
  expect(await place.up(other)).toEqual(changes);
  expect(await pidOf(place, "red", "socat")).toBe(server);
  expect(isRunning(waiter)).toBe(false);
  const second = await pidOf(place, "blue", "sleep");

  const none = served.replace(/ {4}processes:\n {6}waiter.*\n/, "");
  expect(await place.up(none)).toEqual(["stop process blue/waiter"]);
  expect(isRunning(second)).toBe(false);
  expect(await pidOf(place, "red", "socat")).toBe(server);
  expect((await place.weft("down", "--topology", "served")).exitCode).toBe(0);
  await expectNothing(place, [server]);
});

test.if(privileged)("a process gets its environment, folder and user, and its output is kept", async () => {
  await using place = await createTopologyPlace({ label: "words" });
  const text = `
topology: words
namespaces:
  red:
    processes:
      once:
        command: 'echo "$GREETING $PWD $(id -u)"; ls /sys/class/net; exit 0'
        environment: { GREETING: hello }
        working_directory: /tmp
        user: nobody
`;
  await place.up(text);
  const log = join(`${place.netnsDirectory}.weft`, "words/red/once.log");
  await waitFor(() => readFileSync(log, "utf8") === "hello /tmp 65534\nlo\n", { what: "what it wrote" });
  const state = join(`${place.netnsDirectory}.weft`, "words/processes.json");
  await waitFor(() => readFileSync(state, "utf8").includes('"exited"'));
  expect(await place.up(text)).toEqual([]); // it has done what it was to do
  expect(await place.up(text.replace("exit 0", "exit 3"))).toHaveLength(2);
  await waitFor(() => readFileSync(state, "utf8").includes('"exitCode":3'));
  expect(await place.up(text.replace("exit 0", "exit 3"))).toHaveLength(1);
  await place.weft("down", "--topology", "words");
  await expectNothing(place, []);
});

test.if(privileged)("a process that is killed comes back: by its policy at once, else with the next up", async () => {
  await using place = await createTopologyPlace({ label: "killed" });
  await place.up(served);
  const [server, waiter] = [await pidOf(place, "red", "socat"), await pidOf(place, "blue", "sleep")];
  process.kill(server, "SIGKILL");
  process.kill(waiter, "SIGKILL");
  await waitFor(async () => ![undefined, server].includes((await running(place, "red")).get("socat")));
  await waitFor(async () => (await running(place, "blue")).size === 0);
  expect(await place.up(served)).toContain("start process blue/waiter: sleep 600");
  expect(await pidOf(place, "blue", "sleep")).not.toBe(waiter);
});

test.if(privileged)("a keeper that is killed leaves all running, and the next up has another one", async () => {
  await using place = await createTopologyPlace({ label: "keeper" });
  await place.up(served);
  const server = await pidOf(place, "red", "socat");
  const [keeper = 0] = keepers(place);
  process.kill(keeper, "SIGKILL");
  await waitFor(() => keepers(place).length === 0);
  expect(isRunning(server)).toBe(true);
  expect(await place.up(served, "--dry-run")).toEqual(["look after the processes again"]);
  expect(await place.up(served)).toEqual(["look after the processes again"]);
  expect(await place.up(served)).toEqual([]);
  expect(await pidOf(place, "red", "socat")).toBe(server);
  process.kill(server, "SIGKILL"); // the new one looks after it
  const next = await waitFor(async () => {
    const pid = (await running(place, "red")).get("socat");
    return pid === server ? undefined : pid;
  });
  process.kill(keepers(place)[0] ?? 0, "SIGKILL");
  expect((await place.weft("down", "--topology", "served")).exitCode).toBe(0);
  await expectNothing(place, [next]);
});

test.if(privileged)(
  "a namespace that somebody deleted is made again, and its process runs in the new one",
  async () => {
    await using place = await createTopologyPlace({ label: "gone" });
    await place.up(served);
    const server = await pidOf(place, "red", "socat");
    await witness({ netnsPath: "/proc/self/ns/net" }, ["umount", "--lazy", join(place.netnsDirectory, "red")]);
    await witness({ netnsPath: "/proc/self/ns/net" }, ["rm", join(place.netnsDirectory, "red")]);
    const done = await place.up(served);
    expect(done[0]).toBe("stop process red/server");
    expect(isRunning(server)).toBe(false);
    expect(await witness(place.at("blue"), ["sh", "-c", "echo ? | socat - TCP:10.0.0.1:80"])).toBe("red");
    expect(await place.up(served)).toEqual([]);
  },
);

test.if(privileged).each([
  {
    name: "is not healthy",
    text: served.replace("sport = :80 | grep -q .", "sport = :81 | grep .").replace("retries: 200", "retries: 2"),
    says: /Cannot bring up process red\/server: unhealthy: exit code 1\n$/,
  },
  {
    name: "ends while it is waited for",
    text: served.replace(/command: \[socat.*/, "command: 'echo no luck; exit 7'").replace("on-failure", "no"),
    says: /Cannot bring up process red\/server: exited with code 7; it wrote: no luck\n$/,
  },
  {
    name: "is no program",
    text: served.replace('[sleep, "600"]', "[no-such-program]"),
    says: /Cannot start "no-such-program" in namespace blue: ENOENT: no such program in PATH/,
  },
])("what a process that $name was to be part of is as it was before", async ({ text, says }) => {
  await using place = await createTopologyPlace({ label: "unhealthy" });
  const path = join(place.directory, "broken.yaml");
  await Bun.write(path, text);
  const first = await place.weft("up", "-f", path);
  expect(first.exitCode).toBe(1);
  expect(first.stderr).toMatch(says);
  await expectNothing(place, []);

  await place.up(served);
  const waiter = await pidOf(place, "blue", "sleep");
  expect((await place.weft("up", "-f", path)).exitCode).toBe(1);
  expect(await place.up(served)).toEqual([]);
  expect(await witness(place.at("blue"), ["sh", "-c", "echo ? | socat - TCP:10.0.0.1:80"])).toBe("red");
  if (text.includes("sleep")) expect(await pidOf(place, "blue", "sleep")).toBe(waiter);
});

test.if(privileged)(
  "whoever kills weft over its processes: the next up finishes, and down leaves nothing",
  async () => {
    await using place = await createTopologyPlace({ label: "crash" });
    const path = join(place.directory, "served.yaml");
    await Bun.write(path, served);
    const killedAfter = async (delayMs: number, ...words: readonly string[]): Promise<void> => {
      const child = Bun.spawn(inPlace(place.host, [...weftCommand(), ...words]), {
        ...{ stdout: "ignore", stderr: "ignore" },
        env: { ...process.env, WEFT_NETNS: place.netnsDirectory },
      });
      const timer = setTimeout(() => child.kill("SIGKILL"), delayMs);
      await child.exited;
      clearTimeout(timer);
    };
    for (let delayMs = 40; delayMs < 300; delayMs += 50) {
      await killedAfter(delayMs, "up", "-f", path);
      if (delayMs % 100 === 40) {
        await place.up(served);
        expect(await place.up(served)).toEqual([]);
        expect((await running(place, "red")).has("socat")).toBe(true);
      }
      await killedAfter(delayMs / 2, "down", "--topology", "served");
      expect(await place.weft("down", "--topology", "served")).toMatchObject({ exitCode: 0 });
      await expectNothing(place, []);
    }
  },
);
