import { expect, test } from "bun:test";
import type { EngineEvent } from "../contract/mod.ts";
import { EventBus } from "./event-bus.ts";

const event = (network: string, time: number): EngineEvent => ({
  kind: "network-create",
  network,
  time: new Date(time).toISOString(),
});
const names = async (events: AsyncIterable<EngineEvent>): Promise<readonly (string | undefined)[]> =>
  (await Array.fromAsync(events)).map(({ network }) => network);

test("a span in the past is what is remembered of it", async () => {
  const bus = new EventBus();
  for (let second = 0; second < 300; second++) bus.emit(event(`n${second}`, second * 1000));
  expect(await names(bus.watch({ since: 296_000, until: 298_000 }))).toEqual(["n296", "n297", "n298"]);
  const all = await names(bus.watch({ until: 1e9 }));
  expect(all.length).toBe(256);
  expect(all[0]).toBe("n44");
});

test("a span with an end in the future ends then, with what came until then", async () => {
  const bus = new EventBus();
  bus.emit(event("before", Date.now()));
  const watching = names(bus.watch({ since: 0, until: Date.now() + 50 }));
  bus.emit(event("during", Date.now()));
  expect(await watching).toEqual(["before", "during"]);
});

test("without a span, watching begins with the call", async () => {
  const bus = new EventBus();
  bus.emit(event("before", 0));
  const watched = bus.watch();
  bus.emit(event("after", 0));
  expect(await watched.next()).toMatchObject({ value: { network: "after" } });
  await watched.return?.();
  expect(await watched.next()).toMatchObject({ done: true });
});
