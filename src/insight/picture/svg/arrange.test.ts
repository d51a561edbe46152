import { expect, test } from "bun:test";
import { type Arrangement, arrange, type Box, type Point, type Wire } from "./arrange.ts";

function box(id: string, ports: readonly string[], more: Partial<Box> = {}): Box {
  return {
    id,
    width: 100,
    height: 40 + 20 * ports.length,
    ports: new Map(ports.map((port, index) => [port, 50 + 20 * index])),
    ...more,
  };
}

function wire(from: string, to: string): Wire {
  const end = (text: string) => ({ box: text.split("/")[0] ?? "", port: text.split("/")[1] ?? "" });
  return { from: end(from), to: end(to) };
}

/** Numbers from 0 to 1 that are the same in every run: a linear congruential generator. */
function numbers(seed: number): () => number {
  let state = Math.imul(seed, 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Drawing {
  readonly boxes: readonly Box[];
  readonly wires: readonly Wire[];
}

/** Some parts, most of them a middle with others around it, with wires across; what machines have. */
function randomDrawing(seed: number): Drawing {
  const next = numbers(seed);
  const count = 3 + Math.floor(next() * 58);
  const ports = Array.from({ length: count }, (): string[] => []);
  const wires: Wire[] = [];
  const join = (a: number, b: number): void => {
    const [from, to] = [`p${ports[a]?.length}`, `q${ports[b]?.length}`];
    ports[a]?.push(from);
    ports[b]?.push(to);
    wires.push(wire(`b${a}/${from}`, `b${b}/${to}`));
  };
  for (let at = 1; at < count; at++) {
    const kind = next();
    if (kind < 0.6) join(0, at);
    else if (kind < 0.95) join(Math.floor(next() * at), at);
    if (next() < 0.2) join(Math.floor(next() * count), at);
  }
  return { boxes: ports.map((of, at) => box(`b${at}`, of, { width: 80 + Math.floor(next() * 150) })), wires };
}

function overlaps(a: { readonly at: Point; readonly box: Box }, b: { readonly at: Point; readonly box: Box }): boolean {
  return (
    a.at.x < b.at.x + b.box.width &&
    b.at.x < a.at.x + a.box.width &&
    a.at.y < b.at.y + b.box.height &&
    b.at.y < a.at.y + a.box.height
  );
}

function placed({ boxes }: Drawing, { corners }: Arrangement) {
  return boxes.map((each) => ({ box: each, at: corners.get(each.id) ?? { x: Number.NaN, y: Number.NaN } }));
}

test.each(Array.from({ length: 60 }, (_, seed) => seed + 1))(
  "no box lies on another, nothing lies outside, and no wire runs over a box (seed %d)",
  (seed) => {
    const drawing = randomDrawing(seed);
    const arrangement = arrange(drawing.boxes, drawing.wires);
    const all = placed(drawing, arrangement);
    for (const [index, one] of all.entries()) {
      expect(one.at.x >= 0 && one.at.y >= -0.001).toBe(true);
      expect(one.at.x + one.box.width <= arrangement.width + 0.001).toBe(true);
      expect(one.at.y + one.box.height <= arrangement.height + 0.001).toBe(true);
      expect(all.slice(index + 1).filter((other) => overlaps(one, other))).toEqual([]);
    }
    for (const [index, { from, to }] of drawing.wires.entries()) {
      const { points, loops } = arrangement.routes[index] ?? { points: [], loops: false };
      const ends = [from, to].map(({ box: id, port }) => {
        const end = all.find((each) => each.box.id === id);
        return {
          left: end?.at.x ?? 0,
          width: end?.box.width ?? 0,
          y: (end?.at.y ?? 0) + (end?.box.ports.get(port) ?? 0),
        };
      });
      for (const [at, point] of [points[0], points.at(-1)].entries()) {
        const end = ends[at] ?? { left: 0, width: 0, y: 0 };
        expect(point?.y).toBeCloseTo(end.y, 3);
        expect([end.left, end.left + end.width].some((x) => Math.abs(x - (point?.x ?? 0)) < 0.001)).toBe(true);
      }
      if (loops) continue;
      for (const [at, point] of points.slice(1).entries()) {
        const before = points[at] ?? point;
        const middle = { x: (before.x + point.x) / 2, y: (before.y + point.y) / 2 };
        const hit = all.filter(
          ({ box: each, at: corner }) =>
            middle.x > corner.x &&
            middle.x < corner.x + each.width &&
            middle.y > corner.y &&
            middle.y < corner.y + each.height,
        );
        expect(hit.map((each) => each.box.id)).toEqual([]);
      }
    }
  },
);

test("a chain goes from left to right, its middle in the middle", () => {
  const { corners } = arrange(
    [box("red", ["r"]), box("blue", ["l", "r"]), box("green", ["l"])],
    [wire("red/r", "blue/l"), wire("blue/r", "green/l")],
  );
  const xs = ["red", "blue", "green"].map((id) => corners.get(id)?.x ?? 0);
  expect(xs).toEqual(xs.toSorted((a, b) => a - b));
});

test("what a host has is beside it in the order of its places, and what is outside to its left", () => {
  const names = ["a", "b", "c", "d"];
  const { corners } = arrange(
    [
      ...names.map((name) => box(name, ["p"])),
      box("host", ["up", ...names], { rank: 1 }),
      box("out", ["p"], { wantsLeft: true }),
    ],
    [...names.map((name) => wire(`${name}/p`, `host/${name}`)), wire("host/up", "out/p")],
  );
  const ys = names.map((name) => corners.get(name)?.y ?? 0);
  expect(ys).toEqual(ys.toSorted((a, b) => a - b));
  const x = (id: string): number => corners.get(id)?.x ?? 0;
  expect(x("out") < x("host")).toBe(true);
  expect(names.every((name) => x(name) > x("host"))).toBe(true);
});

test("one that only a tunnel joins twice stands where its own links put it", () => {
  const { corners } = arrange(
    [box("red", ["wan", "tunnel"]), box("router", ["red", "blue"]), box("blue", ["wan", "tunnel"])],
    [
      { ...wire("red/tunnel", "blue/tunnel"), isWeak: true },
      wire("red/wan", "router/red"),
      wire("router/blue", "blue/wan"),
    ],
  );
  const xs = ["red", "router", "blue"].map((id) => corners.get(id)?.x ?? 0);
  expect(xs).toEqual(xs.toSorted((a, b) => a - b));
});
