import { expect, test } from "bun:test";
import { TimerQueue } from "./timer-queue.ts";

test("timers run in order of their time, and not before it", () => {
  const queue = new TimerQueue();
  const ran: number[] = [];
  for (const due of [50, 10, 40, 20, 30, 20]) queue.add(due, () => ran.push(due));
  expect(queue.waitMs(0)).toBe(10);
  queue.run(9);
  expect(ran).toEqual([]);
  queue.run(30);
  expect(ran).toEqual([10, 20, 20, 30]);
  expect(queue.waitMs(30)).toBe(10);
  queue.run(100);
  expect(queue.waitMs(100)).toBe(-1);
});

test("a cancelled timer does not run, nor is it waited for", () => {
  const queue = new TimerQueue();
  const cancel = queue.add(10, () => expect.unreachable());
  cancel();
  cancel();
  expect(queue.waitMs(0)).toBe(-1);
  queue.run(20);
});

test("thousands of cancelled timers leave the others in order", () => {
  const queue = new TimerQueue();
  const ran: number[] = [];
  for (let i = 0; i < 3000; i++) {
    const due = (i * 7919) % 3001;
    const cancel = queue.add(due, () => ran.push(due));
    if (i % 3 !== 0) cancel();
  }
  queue.run(5000);
  expect(ran).toHaveLength(1000);
  expect(ran).toEqual(ran.toSorted((a, b) => a - b));
});

test("a timer may set the next one", () => {
  const queue = new TimerQueue();
  const ran: string[] = [];
  queue.add(1, () => {
    ran.push("first");
    queue.add(2, () => ran.push("second"));
  });
  queue.run(1);
  queue.run(2);
  expect(ran).toEqual(["first", "second"]);
});
