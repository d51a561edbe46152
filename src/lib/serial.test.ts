import { expect, test } from "bun:test";
import { Serial } from "./serial.ts";

test("bodies run one after the other, and what is urgent before what waits", async () => {
  const serial = new Serial();
  const order: string[] = [];
  const slow = (name: string) => async () => {
    order.push(`${name} begins`);
    await Bun.sleep(1);
    order.push(`${name} ends`);
    return name;
  };
  const results = await Promise.all([
    serial.run(async () => {
      void serial.runNext(slow("repair"));
      return await slow("first")();
    }),
    serial.run(slow("second")),
  ]);
  expect(results).toEqual(["first", "second"]);
  const expected = ["first", "repair", "second"].flatMap((name) => [`${name} begins`, `${name} ends`]);
  expect(order).toEqual(expected);
});

test("a body that fails fails for its caller alone, and idle waits for all", async () => {
  const serial = new Serial();
  let done = false;
  const failing = serial.run(() => {
    throw new Error("no");
  });
  void serial.run(async () => {
    await Bun.sleep(1);
    done = true;
  });
  await expect(failing).rejects.toThrow("no");
  await serial.idle();
  expect(done).toBe(true);
  expect(await serial.run(() => 7)).toBe(7);
});
