import { expect, test } from "bun:test";
import type { KernelNotification, NotificationSource } from "./notification.ts";
import { NotificationQueue } from "./notification-queue.ts";

function notification(source: NotificationSource, sequence: number): KernelNotification {
  return { kind: "message", source, message: { type: 16, flags: 0, sequence, portId: 0, payload: new Uint8Array() } };
}

test("a queue gives what comes, before and after it is asked, until it ends", async () => {
  const queue = new NotificationQueue();
  const [one, two] = [notification("route", 1), notification("route", 2)];
  queue.push(one);
  expect(await queue.next()).toEqual({ done: false, value: one });
  const asked = queue.next();
  queue.push(two);
  expect(await asked).toEqual({ done: false, value: two });
  queue.push(one);
  queue.end();
  queue.push(two);
  expect(await queue.next()).toEqual({ done: false, value: one });
  expect(await queue.next()).toEqual({ done: true, value: undefined });
});

test("a reader that falls behind is told of an overrun of each source instead", async () => {
  const queue = new NotificationQueue({ capacity: 10 });
  for (let sequence = 0; sequence < 8; sequence++) queue.push(notification("nftables", sequence));
  await queue.next();
  for (let sequence = 0; sequence < 4; sequence++) queue.push(notification("route", sequence));
  const last = notification("route", 99);
  queue.push(last);
  expect(await queue.next()).toEqual({ done: false, value: { kind: "overrun", source: "route" } });
  expect(await queue.next()).toEqual({ done: false, value: { kind: "overrun", source: "nftables" } });
  expect(await queue.next()).toEqual({ done: false, value: last });
});

test("leaving a loop early ends the queue", async () => {
  let returned = 0;
  const queue = new NotificationQueue({ onReturn: () => returned++ });
  queue.push(notification("route", 1));
  for await (const _ of { [Symbol.asyncIterator]: () => queue }) break;
  expect(returned).toBe(1);
  expect(await queue.next()).toEqual({ done: true, value: undefined });
});
