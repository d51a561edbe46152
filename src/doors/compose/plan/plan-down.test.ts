import { expect, test } from "bun:test";
import { PlayedEngine, printed } from "../testing/mod.ts";
import { planDown } from "./mod.ts";

const FILE = `
services:
  web: {command: x, networks: [front], depends_on: [api]}
  side: {command: x, network_mode: "service:web"}
  api: {command: x, networks: [front, back, shared]}
networks: {front: , back: , shared: {external: true}}
`;

test("those that lean on others go before them, and networks after all that are on them", async () => {
  const engine = new PlayedEngine();
  await engine.client.createNetwork({ name: "shared" });
  await engine.client.createSandbox({ name: "foreign", networks: [{ network: "shared" }] });
  await engine.up(FILE);
  const plan = planDown("shop", await engine.observe());
  expect(printed(plan)).toEqual([
    "remove shop-side-1",
    "remove shop-web-1",
    "remove shop-api-1",
    "remove network shop_front",
    "remove network shop_back",
  ]);
  expect(plan.steps.map(({ after }) => after)).toEqual([[], [0], [1], [1, 2], [2]]);
});

test("there is nothing to do for a project that is not up", async () => {
  const engine = new PlayedEngine();
  await engine.up(FILE.replaceAll("shared: {external: true}", "shared: "));
  expect(printed(planDown("other", await engine.observe()))).toEqual([]);
});
