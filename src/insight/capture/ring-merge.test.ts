import { expect, test } from "bun:test";
import { RingMerge, type TimedRing } from "./ring-merge.ts";

/** A ring of packets that are nothing but their times, in milliseconds. */
class FakeRing implements TimedRing {
  readonly #times: number[];

  constructor(times: readonly number[]) {
    this.#times = [...times];
  }

  ready(): boolean {
    return this.#times.length > 0;
  }

  skip(): void {
    this.#times.shift();
  }

  add(...times: readonly number[]): void {
    this.#times.push(...times);
  }

  get seconds(): number {
    return Math.floor((this.#times[0] ?? 0) / 1000);
  }

  get nanoseconds(): number {
    return ((this.#times[0] ?? 0) % 1000) * 1e6;
  }
}

const timeOf = ({ seconds, nanoseconds }: FakeRing): number => seconds * 1000 + nanoseconds / 1e6;

test("packets of several links come in the order of time, and young ones wait for the others", () => {
  const rings = [new FakeRing([1000, 1001, 5000]), new FakeRing([1002, 1500, 1500]), new FakeRing([])];
  const merge = new RingMerge(rings);
  const seen: (readonly [time: number, link: number])[] = [];
  const deliver = (ring: FakeRing, link: number): boolean => {
    seen.push([timeOf(ring), link]);
    return true;
  };
  expect(merge.pass(1400, deliver)).toBe("held");
  expect(seen).toEqual([
    [1000, 0],
    [1001, 0],
    [1002, 1],
  ]);
  rings[2]?.add(1450, 1600);
  expect(merge.pass(4000, deliver)).toBe("held");
  expect(seen.slice(3)).toEqual([
    [1450, 2],
    [1500, 1],
    [1500, 1],
    [1600, 2],
  ]);
  expect(merge.pass(Number.POSITIVE_INFINITY, deliver)).toBe("empty");
  expect(seen.slice(7)).toEqual([[5000, 0]]);
});

test("the last packet that is wanted is taken out, and no more", () => {
  const ring = new FakeRing([1, 2, 3]);
  let left = 2;
  expect(new RingMerge([ring]).pass(Number.POSITIVE_INFINITY, () => --left > 0)).toBe("enough");
  expect(timeOf(ring)).toBe(3);
});
