import { expect, test } from "bun:test";
import {
  addToWaitSet,
  closeDescriptor,
  drainEventFd,
  openEventFd,
  openWaitSet,
  signalEventFd,
  waitForSet,
} from "./mod.ts";

test("a wait set reports each token once, until it is asked for again", () => {
  using set = openWaitSet();
  const [one, two] = [openEventFd(), openEventFd()];
  addToWaitSet(set, one, 7);
  addToWaitSet(set, two, 0xffff_ffff);
  signalEventFd(one);
  expect(waitForSet(set.number)).toEqual([7]);
  signalEventFd(one); // still readable, and told of already
  signalEventFd(two);
  expect(waitForSet(set.number)).toEqual([0xffff_ffff]);
  addToWaitSet(set, one, 8);
  expect(waitForSet(set.number)).toEqual([8]);

  expect(drainEventFd(one)).toBe(2);
  addToWaitSet(set, one, 9);
  addToWaitSet(set, two, 10);
  expect(waitForSet(set.number)).toEqual([10]); // the other one has nothing to tell

  closeDescriptor(two);
  signalEventFd(one);
  expect(waitForSet(set.number)).toEqual([9]);
  closeDescriptor(one);
});

test("a descriptor that cannot be waited for is refused", () => {
  using set = openWaitSet();
  expect(() => addToWaitSet(set, 9999, 1)).toThrow("EBADF");
});
