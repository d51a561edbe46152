import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { privileged } from "../support/mod.ts";
import { calls, type Difference, scenarios } from "./cni-scenarios.ts";
import { type Seen, Side } from "./cni-side.ts";

describe.if(privileged)("beside the reference CNI plugins", () => {
  test.each(scenarios)("$name", async (scenario) => {
    await using stack = new AsyncDisposableStack();
    const [reference, ours] = await Promise.all(
      (["reference", "ours"] as const).map(async (who) => {
        const side = stack.use(await Side.open(who));
        return side.live(scenario);
      }),
    );
    expectDifferences(reference ?? {}, ours ?? {}, scenario.differences);
    const seen = ours?.["packets"] ?? {};
    const { published, ...pings } = scenario.packets;
    for (const [name, expected] of Object.entries(pings)) {
      const answered = (seen as Record<string, readonly boolean[]>)[name] ?? [];
      expect({ name, answered: [...new Set(answered)] }).toEqual({ name, answered: [expected] });
    }
    if (published) expect(JSON.stringify(seen)).toMatch(/(.*"by":"container"){6}/); // three ways, in each protocol
  });

  const stack = new AsyncDisposableStack();
  let sides: readonly Side[];

  beforeAll(async () => {
    sides = [stack.use(await Side.open("reference")), stack.use(await Side.open("ours"))];
  });
  afterAll(() => stack.disposeAsync());

  test.each(calls)("$name", async (call) => {
    const [reference, ours] = await Promise.all(sides.map((side) => side.call(call)));
    expectDifferences(reference ?? {}, ours ?? {}, call.differences);
  });
});

/** All that differ, and no others: one that is listed and does not occur is not to stand in the table. */
function expectDifferences(reference: Seen, ours: Seen, listed: readonly Difference[] = []): void {
  expect(differencesOf(reference, ours, "").map(lineOf).toSorted()).toEqual(listed.map(lineOf).toSorted());
}

type Found = Omit<Difference, "why">;

const lineOf = ({ at, reference, ours }: Found): string =>
  `${at}: ${JSON.stringify(reference) ?? "nothing"} there, ${JSON.stringify(ours) ?? "nothing"} here`;

/** As far down as both are objects, or lists of one length. */
function differencesOf(reference: unknown, ours: unknown, at: string): readonly Found[] {
  if (Bun.deepEquals(reference, ours)) return [];
  const isList = Array.isArray(reference) && Array.isArray(ours) && reference.length === ours.length;
  if (!isList && !(isObject(reference) && isObject(ours))) return [{ at, reference, ours }];
  const [one, other] = [reference, ours] as readonly Readonly<Record<string, unknown>>[];
  return [...new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})])].flatMap((key) =>
    differencesOf(one?.[key], other?.[key], at === "" ? key : `${at}/${key}`),
  );
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
