import { expect, test } from "bun:test";
import type { ClientContract } from "../../../contract/mod.ts";
import { Refusal } from "../../../contract/plain.ts";
import { type Observed, planDown } from "../plan/mod.ts";
import { PlayedEngine, printed, randomProject, randomSequence } from "../testing/mod.ts";
import { applyDown, applyUp } from "./mod.ts";

/** All that the engine has, without what it counts up: ids, sequences, times. */
function gist({ networks, sandboxes }: Observed): unknown {
  const nameOf = (id: string): string => sandboxes.find((view) => view.id === id)?.name ?? id;
  return {
    networks: networks
      .map(({ name, subnets, internal, labels, options }) => ({ name, subnets, internal, labels, options }))
      .sort((a, b) => a.name.localeCompare(b.name)),
    sandboxes: sandboxes
      .map(({ id, name, namespace, hostname, process, ports, labels, status, endpoints }) => ({
        ...{ name, process, ports, labels, state: status.state },
        hostname: hostname === id.slice(0, 12) ? "" : hostname,
        namespace: namespace.kind === "shared" ? `with ${nameOf(namespace.sandbox)}` : namespace.kind,
        endpoints: endpoints
          .map(({ networkName, addresses, aliases, interfaceName, mac, gatewayPriority }) => ({
            ...{ networkName, addresses, aliases, interfaceName, mac, gatewayPriority },
          }))
          .sort((a, b) => a.networkName.localeCompare(b.networkName)),
      }))
      .sort((a, b) => a.name.localeCompare(b.name)),
  };
}

type Mishap = "refused" | "lost" | "answer lost";

/** The client, but for its `nth` change: the engine refuses it, or the daemon goes away before it or after it. */
function failingAt(
  client: ClientContract,
  { nth, mishap }: { readonly nth: number; readonly mishap: Mishap },
): ClientContract {
  let changes = 0;
  const methods = Object.entries(client).map(([name, method]) => {
    const isChange = !/^(get|list|info|logs|events)/.test(name);
    const call = async (input: unknown): Promise<unknown> => {
      const isNow = ++changes === nth;
      if (isNow && mishap === "refused") throw new Refusal("kernel", "Cannot do it: the dice said so");
      const answer = isNow && mishap === "lost" ? undefined : await Reflect.apply(method, client, [input]);
      if (isNow) throw new Refusal("unavailable", "Cannot do it: the dice said so");
      return answer;
    };
    return [name, isChange ? call : method] as const;
  });
  return Object.fromEntries(methods) as unknown as ClientContract; // the same names
}

const seeds = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

test("whatever changes in a file: afterwards all is as it says, and down leaves nothing", async () => {
  for (const seed of seeds(50)) {
    const pick = randomSequence(seed);
    const played = new PlayedEngine();
    const files = [randomProject(pick), randomProject(pick), randomProject(pick)];
    for (const [index, file] of files.entries()) {
      await played.up(file, { removeOrphans: true }).catch((error: unknown) => {
        throw new Error(`seed ${seed}, file ${index}: ${error}\n${files.slice(0, index + 1).join("\n---\n")}`);
      });
      expect({ seed, index, steps: printed(await played.plan(file, { removeOrphans: true })) }).toEqual({
        ...{ seed, index },
        steps: [],
      });
    }
    await applyDown(planDown("shop", await played.observe()), { client: played.client, report: () => undefined });
    expect({ seed, left: await played.observe() }).toEqual({ seed, left: { networks: [], sandboxes: [] } });
  }
});

test("whatever is refused, and when: all is as it was before", async () => {
  let refused = 0;
  for (const seed of seeds(300)) {
    const pick = randomSequence(seed);
    const [before, after] = [randomProject(pick), randomProject(pick)];
    const nth = 1 + pick(12);
    const mishap = (["refused", "lost", "answer lost"] as const)[pick(3)] ?? "refused";
    const played = new PlayedEngine();
    await played.up(before);
    const expected = gist(await played.observe());
    const up = applyUp(await played.plan(after, { removeOrphans: true }), {
      client: failingAt(played.client, { nth, mishap }),
      keep: false,
      interrupted: new AbortController().signal,
      report: () => undefined,
    });
    const failure = await up.then(
      () => undefined,
      (error: unknown) => String(error),
    );
    if (failure === undefined) continue; // it had fewer changes than that
    refused += 1;
    expect({ seed, mishap, failure, state: gist(await played.observe()) }).toEqual({
      ...{ seed, mishap },
      failure: expect.stringContaining("cannot do it: the dice said so"),
      state: expected,
    });
  }
  expect(refused).toBeGreaterThan(100);
});
