import { expect, test } from "bun:test";
import { Refusal } from "../../../contract/plain.ts";
import { planDown } from "../plan/mod.ts";
import { PlayedEngine } from "../testing/mod.ts";
import { applyDown } from "./mod.ts";

const FILE = "services: {a: {command: x, depends_on: [b]}, b: {command: x}}";

test("what does not go keeps nothing else from going, and is told of afterwards", async () => {
  const engine = new PlayedEngine();
  await engine.up(FILE);
  engine.engine.failures.set("removeSandbox shop-a-1", new Refusal("kernel", "Cannot remove a"));
  const plan = planDown("shop", await engine.observe());
  const down = applyDown(plan, { client: engine.client, report: () => undefined });
  await expect(down).rejects.toThrow(
    "Cannot remove a; and Cannot remove network shop_default: sandbox shop-a-1 is on it",
  );
  expect((await engine.observe()).sandboxes.map(({ name }): string => name)).toEqual(["shop-a-1"]);
});

test("what is gone already is as it should be", async () => {
  const engine = new PlayedEngine();
  await engine.up(FILE);
  const plan = planDown("shop", await engine.observe());
  await engine.client.removeSandbox({ sandbox: "shop-b-1", force: true });
  await applyDown(plan, { client: engine.client, report: () => undefined });
  expect(await engine.observe()).toEqual({ networks: [], sandboxes: [] });
});
