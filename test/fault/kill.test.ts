import { expect, test } from "bun:test";
import {
  createHost,
  type Daemon,
  privileged,
  Refused,
  request,
  runOrThrow,
  startDaemon,
  waitFor,
} from "../support/mod.ts";
import { countRules, type Invariant, invariants } from "./invariants.ts";
import { type Listing, list } from "./listing.ts";
import { chooseCreation, chooseOperation, type FaultOperation } from "./operations.ts";
import { Random } from "./random.ts";

const rounds = Number(process.env["WEFT_FAULT_ROUNDS"] ?? 50);
const seed = Number(process.env["WEFT_FAULT_SEED"] ?? Date.now() % 1_000_000_000);

type Answer =
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "lost" };

async function ask(daemon: Daemon, { method, path, body }: FaultOperation): Promise<Answer> {
  try {
    await request(daemon, method, path, body);
    return { kind: "done" };
  } catch (error) {
    return error instanceof Refused ? { kind: "refused", why: error.message } : { kind: "lost" };
  }
}

/** Uniform from the sending of an operation to a little beyond its usual end. */
class Durations {
  readonly #usualMs = new Map<FaultOperation["kind"], number>();

  learn(kind: FaultOperation["kind"], ms: number): void {
    const before = this.#usualMs.get(kind);
    this.#usualMs.set(kind, before === undefined ? ms : 0.8 * before + 0.2 * ms);
  }

  momentIn(kind: FaultOperation["kind"], random: Random): number {
    return random.fraction() * 1.2 * (this.#usualMs.get(kind) ?? 10);
  }
}

function isTrue(invariants: readonly Invariant[]): boolean {
  return invariants.every(({ wanted, found }) => Bun.deepEquals(wanted, found));
}

/** The listing once every program that was to be started has been: a start of the daemon begins that, and does not wait for it. */
async function listSettled(daemon: Daemon): Promise<Listing> {
  return await waitFor(
    async () => {
      const listing = await list(daemon);
      const isWaiting = listing.sandboxes.some(
        ({ process, status }) => process !== undefined && status.state === "created",
      );
      return isWaiting ? undefined : listing;
    },
    { what: "the start of all programs" },
  );
}

/** So many things that the checks would take long. */
function crowded({ networks, sandboxes }: Listing): boolean {
  return networks.length + sandboxes.length > 16;
}

/** Waits without leaving the processor: timers count in milliseconds, an operation has only a few of them. */
function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test.if(privileged)(
  `${rounds} kills at random moments of random operations leave nothing half made (WEFT_FAULT_SEED=${seed})`,
  async () => {
    const random = new Random(seed);
    const durations = new Durations();
    const answers = { done: 0, lost: 0, undone: 0, refused: 0 };
    const readyMs: number[] = [];
    await using host = await createHost({ label: "fault", uplink: true });
    for (const family of ["iptables", "ip6tables"]) {
      await runOrThrow(host, `sysctl -q net.bridge.bridge-nf-call-${family}=0`); // as on most hosts
    }
    await using daemon = await startDaemon(host);
    const rules = await countRules(daemon);
    const history: string[] = [];
    const say = (line: string): void => void history.push(line);
    try {
      for (let round = 0; round < rounds; round++) {
        // Some operations that nothing disturbs: there has to be something to lose.
        for (let calm = random.integer(4); calm > 0; calm--) {
          const operation = chooseOperation(random, await list(daemon));
          const startMs = performance.now();
          const answer = await ask(daemon, operation);
          durations.learn(operation.kind, performance.now() - startMs);
          say(`${round}: ${operation.kind} ${operation.path} ${JSON.stringify(operation.body)}: ${answer.kind}`);
          expect(answer).toEqual({ kind: "done" });
        }
        const before = await list(daemon);
        const operation = chooseOperation(random, before);
        const operations = [
          operation,
          ...(crowded(before) ? [] : Array.from({ length: random.integer(3) }, () => chooseCreation(random))),
        ];
        const momentMs = durations.momentIn(operation.kind, random) * operations.length;
        const asked = operations.map((each) => ask(daemon, each));
        spin(momentMs);
        await daemon.kill();
        const replies = await Promise.all(asked);
        for (const [index, { kind, path, body }] of operations.entries()) {
          const reply = replies[index]?.kind;
          say(`${round}: ${kind} ${path} ${JSON.stringify(body)}: killed after ${momentMs.toFixed(3)} ms, ${reply}`);
        }
        if (random.chance(0.3)) {
          // The next one is killed too, while it puts things in order.
          const starting = daemon.start().then(
            () => "started",
            () => "killed",
          );
          await Bun.sleep(random.fraction() * (readyMs.at(-1) ?? 200));
          await daemon.kill();
          say(`${round}: killed while it started: ${await starting}`);
        }
        const startMs = performance.now();
        await daemon.start();
        readyMs.push(performance.now() - startMs);
        const after = await listSettled(daemon);
        for (const [index, each] of operations.entries()) {
          const answer = replies[index] ?? { kind: "lost" };
          const outcome = each.outcome(before, after);
          answers[answer.kind]++;
          if (answer.kind === "done") expect(outcome).toBe("done");
          else expect(["done", "undone"]).toContain(outcome);
          if (answer.kind === "lost" && outcome === "undone") answers.undone++;
        }
        // A program that a start has to bring back, or to end, takes a moment.
        await waitFor(async () => isTrue(await invariants(daemon, await list(daemon), { rules })), {
          timeoutMs: 3000,
        }).catch(() => undefined);
        for (const { name, wanted, found } of await invariants(daemon, await list(daemon), { rules })) {
          expect(found, name).toEqual(wanted);
        }
      }
    } catch (error) {
      const last = history.slice(-20).join("\n");
      throw new Error(
        `With WEFT_FAULT_SEED=${seed}, after\n${last}\nand the log\n${(await daemon.log()).slice(-4000)}`,
        {
          cause: error,
        },
      );
    }
    const slowest = Math.max(...readyMs).toFixed(0);
    console.error(
      `seed ${seed}: ${rounds} kills; ${answers.done} came after the answer, ${answers.lost} before it (${answers.undone} of those undone, the others finished); ready again after at most ${slowest} ms`,
    );
    // The kills must have met operations at work: an answer lost and a change finished, lost and undone.
    expect(answers.refused).toBe(0);
    expect(answers.undone).toBeGreaterThan(0);
  },
  Math.max(120_000, rounds * 2_000),
);
