import { expect, test } from "bun:test";
import { mutateBytes, mutateText } from "./mutate.ts";
import { Random } from "./random.ts";
import { runTarget } from "./run-target.ts";
import { targets } from "./targets/mod.ts";

/** The same on every run. For more, run fuzz/run.ts. */
const budget = { seed: 1, rounds: 2000, milliseconds: 10_000 };

test.each(targets.map((target) => ({ name: target.name, target })))("$name takes anything", ({ target }) => {
  const { accepted, finding } = runTarget(target, budget);
  expect(finding).toBeUndefined();
  // The samples alone are no fuzzing: some of what became of them must be understood, too.
  expect(accepted).toBeGreaterThan(target.samples.length);
});

test("one seed makes one input, and another seed another", () => {
  const good = [Uint8Array.from({ length: 64 }, (_, index) => index)];
  const bytes = (seed: number): readonly Uint8Array[] => {
    const random = new Random(seed);
    return Array.from({ length: 20 }, () => mutateBytes(good, random));
  };
  expect(bytes(1)).toEqual(bytes(1));
  expect(bytes(1)).not.toEqual(bytes(2));
  expect(mutateText(["a text"], new Random(1))).toBe(mutateText(["a text"], new Random(1)));
});

test("runTarget finds a decoder that throws what is not its own, and one that refuses its sample", () => {
  const decode = (bytes: Uint8Array): number => {
    if (bytes.length === 3) throw new TypeError("three");
    return bytes.length;
  };
  const target = { kind: "bytes", name: "x", decode, samples: [new Uint8Array(9)], refuses: [RangeError] } as const;
  expect(runTarget(target, { ...budget, rounds: 10_000 }).finding?.problem).toContain("TypeError: three");
  const picky = { ...target, refuses: [TypeError], samples: [new Uint8Array(3)] };
  expect(runTarget(picky, budget).finding?.problem).toContain("a sample was refused");
});

test("runTarget finds what is slow whenever it is asked, refused or not", () => {
  const decode = (bytes: Uint8Array): number => {
    if (bytes.length !== 9) Bun.sleepSync(510);
    return bytes.length;
  };
  const target = { kind: "bytes", name: "x", decode, samples: [new Uint8Array(9)], refuses: [] } as const;
  expect(runTarget(target, budget).finding?.problem).toMatch(/^it took 5\d\d ms$/);
});
