import { expect, test } from "bun:test";
import { Slots } from "./slots.ts";

test("so many run at once, in the order in which they came, also after one has failed", async () => {
  const slots = new Slots(2);
  const begun: number[] = [];
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<number>());
  const uses = gates.map(({ promise }, index) =>
    slots.use(() => {
      begun.push(index);
      return promise;
    }),
  );
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  gates[1]?.reject(new Error("broken"));
  await expect(uses[1]).rejects.toThrow("broken");
  expect(begun).toEqual([0, 1, 2]);
  for (const [index, { resolve }] of gates.entries()) resolve(index);
  expect(await Promise.all([uses[0], uses[2], uses[3], uses[4]])).toEqual([0, 2, 3, 4]);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});
