/** Something of a fixed size with places on its sides where wires begin. */
export interface Box {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** Heights of its places below its upper edge, by name. Each is on both sides. */
  readonly ports: ReadonlyMap<string, number>;
  /** The one with the highest is the middle of what it is joined to; by default that is who has most wires. */
  readonly rank?: number;
  /** Whether it wants to be on the left of what it is joined to. */
  readonly wantsLeft?: boolean;
}

export interface WireEnd {
  readonly box: string;
  readonly port: string;
}

export interface Wire {
  readonly from: WireEnd;
  readonly to: WireEnd;
  /** Whether it has no say in which columns its ends are put into, unless nothing else joins them. */
  readonly isWeak?: boolean;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where a wire goes: from point to point, into and out of each horizontally. */
export interface Route {
  readonly points: readonly Point[];
  /** Both ends are in one column: it leaves to the right, turns there, and comes back. */
  readonly loops: boolean;
}

export interface Arrangement {
  /** Upper left corners, by id. */
  readonly corners: ReadonlyMap<string, Point>;
  /** In the order of the wires, each from its `from`. */
  readonly routes: readonly Route[];
  readonly width: number;
  readonly height: number;
}

const BOX_GAP = 16;
const COLUMN_GAP = 72;
/** Columns stand further apart the more wires run between them, up to this. */
const MOST_EXTRA_GAP = 110;
const EXTRA_GAP_PER_WIRE = 4;
/** What a wire takes in a column that it only passes. */
const PASS_HEIGHT = 2;
const PASS_GAP = 7;
/** A column of leaves this high is broken into several. */
const LEAVES_IN_COLUMN = 18;
const MOST_LEAF_COLUMNS = 4;
/** What is longer goes to and fro in bands of so many columns, under each other. */
const MOST_COLUMNS = 9;
/** From this many neighbours on, both sides of the middle have some. */
const CROWD = 8;
const PART_GAP = 40;
const LEAST_WIDTH = 900;
const LOOP_REACH = 36;
const SWEEPS = 4;

/**
 * Puts boxes into columns: the middle of each connected part, to both sides of it what is one wire away, then two, and so on. In
 * each column boxes are ordered and placed near what they are joined to. Takes time in proportion to boxes and wires.
 */
export function arrange(boxes: readonly Box[], wires: readonly Wire[]): Arrangement {
  const parts = connectedParts(boxes, wires).map(arrangePart);
  const ordered = parts.toSorted((a, b) => b.boxes - a.boxes);
  const most = Math.max(LEAST_WIDTH, ...parts.map(({ width }) => width));
  const corners = new Map<string, Point>();
  const routes = new Map<number, Route>();
  let [x, y, shelf, width] = [0, 0, 0, 0];
  for (const part of ordered) {
    if (x > 0 && x + part.width > most) [x, y, shelf] = [0, y + shelf + PART_GAP, 0];
    const move = (point: Point): Point => ({ x: point.x + x, y: point.y + y });
    for (const [id, corner] of part.corners) corners.set(id, move(corner));
    for (const [index, { points, loops }] of part.routes) routes.set(index, { points: points.map(move), loops });
    width = Math.max(width, x + part.width);
    shelf = Math.max(shelf, part.height);
    x += part.width + PART_GAP;
  }
  return {
    corners,
    routes: wires.map((_, index) => routes.get(index) ?? { points: [], loops: false }),
    width,
    height: y + shelf,
  };
}

interface IndexedWire extends Wire {
  readonly index: number;
}

interface Part {
  readonly boxes: readonly Box[];
  readonly wires: readonly IndexedWire[];
}

function connectedParts(boxes: readonly Box[], wires: readonly Wire[]): readonly Part[] {
  const neighbours = Map.groupBy(
    wires.flatMap(({ from, to }) => [[from.box, to.box] as const, [to.box, from.box] as const]),
    ([box]) => box,
  );
  const partOf = new Map<string, number>();
  let count = 0;
  for (const { id } of boxes) {
    if (partOf.has(id)) continue;
    const waiting = [id];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (partOf.has(next)) continue;
      partOf.set(next, count);
      waiting.push(...(neighbours.get(next) ?? []).map(([, other]) => other));
    }
    count += 1;
  }
  const boxesOf = Map.groupBy(boxes, ({ id }) => partOf.get(id));
  const wiresOf = Map.groupBy(
    wires.map((wire, index) => ({ ...wire, index })),
    ({ from }) => partOf.get(from.box),
  );
  return Array.from({ length: count }, (_, part) => ({
    boxes: boxesOf.get(part) ?? [],
    wires: wiresOf.get(part) ?? [],
  }));
}

/** A box, or a wire that passes, in a column. */
interface Slot {
  readonly id?: string;
  readonly width: number;
  readonly height: number;
  top: number;
  /** Joints with slots of the column before and after. */
  readonly left: Joint[];
  readonly right: Joint[];
}

interface Joint {
  readonly slot: Slot;
  /** Below the upper edge: of this slot, and of the other. */
  readonly own: number;
  readonly other: number;
}

interface ArrangedPart {
  readonly boxes: number;
  readonly corners: ReadonlyMap<string, Point>;
  readonly routes: ReadonlyMap<number, Route>;
  readonly width: number;
  readonly height: number;
}

function arrangePart(part: Part): ArrangedPart {
  const columns = foldColumns(chooseColumns(part));
  const columnOf = (id: string): number => columns.get(id) ?? 0;
  const slots = new Map(part.boxes.map((box) => [box.id, slotOf(box)]));
  const table: Slot[][] = Array.from({ length: Math.max(...columns.values()) + 1 }, () => []);
  for (const id of columns.keys()) {
    const slot = slots.get(id);
    if (slot !== undefined) table[columnOf(id)]?.push(slot);
  }
  const boxes = new Map(part.boxes.map((box) => [box.id, box]));
  const portY = ({ box, port }: WireEnd): number => boxes.get(box)?.ports.get(port) ?? 0;
  const threads = part.wires.map((wire) => {
    const isForward = columnOf(wire.from.box) <= columnOf(wire.to.box);
    const [start, end] = isForward ? [wire.from, wire.to] : [wire.to, wire.from];
    return threadWire({ table, slots, start, end, columnOf, portY });
  });
  const [middle = 0] = columns.values();
  placeSlots(table, middle);
  const geometry = new Geometry(table, middle);
  const routes = part.wires.map(({ index, from }, at): readonly [number, Route] => {
    const route = geometry.route(threads[at] ?? []);
    const isBackward = threads[at]?.[0]?.slot.id !== from.box;
    return [index, isBackward ? { ...route, points: route.points.toReversed() } : route];
  });
  return {
    boxes: part.boxes.length,
    corners: new Map(Array.from(slots, ([id, slot]) => [id, geometry.corner(slot)])),
    routes: new Map(routes),
    width: geometry.width + (routes.some(([, { loops }]) => loops) ? LOOP_REACH : 0),
    height: geometry.height,
  };
}

/** Where things are when all slots have been placed. */
class Geometry {
  readonly width: number;
  readonly height: number;
  readonly #middle: number;
  readonly #top: number;
  /** Left and right edge of each column. */
  readonly #edges: readonly (readonly [left: number, right: number])[];
  readonly #columns: ReadonlyMap<Slot, number>;

  constructor(table: readonly (readonly Slot[])[], middle: number) {
    const slots = table.flat();
    this.#middle = middle;
    this.#top = Math.min(...slots.map(({ top }) => top));
    this.#edges = columnEdges(table);
    this.#columns = new Map(table.flatMap((of, column) => of.map((slot) => [slot, column] as const)));
    this.width = this.#edges.at(-1)?.[1] ?? 0;
    this.height = Math.max(...slots.map(({ top, height }) => top + height)) - this.#top;
  }

  corner(slot: Slot): Point {
    const [left, right] = this.#edgesOf(slot);
    // Towards the middle of the picture, so that wires are short.
    const isLeft = (this.#columns.get(slot) ?? 0) < this.#middle;
    return { x: isLeft ? right - slot.width : left, y: slot.top - this.#top };
  }

  route(passes: readonly Pass[]): Route {
    const [first, last] = [passes[0], passes.at(-1)];
    if (first === undefined || last === undefined) return { points: [], loops: false };
    if (this.#columns.get(first.slot) === this.#columns.get(last.slot)) {
      return { points: [...this.#pointsAt(first, true), ...this.#pointsAt(last, true).toReversed()], loops: true };
    }
    return { points: passes.flatMap((pass) => this.#pointsAt(pass, pass === first)), loops: false };
  }

  /** Beside a box that is narrower than its column a wire goes level, so that it meets none of the wider ones. */
  #pointsAt({ slot, at }: Pass, isFirst: boolean): readonly Point[] {
    const [left, right] = this.#edgesOf(slot);
    const { x, y } = this.corner(slot);
    const xs = slot.id === undefined ? [left, right] : isFirst ? [x + slot.width, right] : [left, x];
    return [...new Set(xs)].map((each) => ({ x: each, y: y + at }));
  }

  #edgesOf(slot: Slot): readonly [left: number, right: number] {
    return this.#edges[this.#columns.get(slot) ?? 0] ?? [0, 0];
  }
}

function slotOf({ id, width, height }: Box): Slot {
  return { id, width, height, top: 0, left: [], right: [] };
}

/** The column of each box: 0 is the middle's. In the order in which they are found from there. */
function chooseColumns({ boxes, wires }: Part): ReadonlyMap<string, number> {
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const ends = wires
    .filter(({ from, to }) => from.box !== to.box)
    .flatMap(({ from, to, isWeak = false }) => [
      { from, to, isWeak },
      { from: to, to: from, isWeak },
    ]);
  const wiresOf = Map.groupBy(ends, ({ from, isWeak }) => `${isWeak} ${from.box}`);
  /** In the order of the places where their wires begin. */
  const neighboursOf = (id: string, isWeak = false): readonly string[] => {
    const ports = byId.get(id)?.ports;
    const own = (wiresOf.get(`${isWeak} ${id}`) ?? []).toSorted(
      (a, b) => (ports?.get(a.from.port) ?? 0) - (ports?.get(b.from.port) ?? 0),
    );
    return [...new Set(own.map(({ to }) => to.box))];
  };
  const degree = new Map(boxes.map(({ id }) => [id, neighboursOf(id).length]));
  const middle = boxes.reduce((best, box) => {
    const [a, b] = [box.rank ?? 0, best.rank ?? 0];
    return a > b || (a === b && (degree.get(box.id) ?? 0) > (degree.get(best.id) ?? 0)) ? box : best;
  });

  const parents = new Map<string, string>();
  const found = [middle.id];
  const seen = new Set(found);
  const visit = (id: string, isWeak: boolean): void => {
    for (const other of neighboursOf(id, isWeak)) {
      if (seen.has(other)) continue;
      seen.add(other);
      parents.set(other, id);
      found.push(other);
    }
  };
  for (let [strong, weak] = [0, 0]; strong < found.length || weak < found.length; ) {
    const isWeak = strong === found.length;
    visit(found[isWeak ? weak++ : strong++] ?? "", isWeak);
  }
  const weights = new Map<string, number>();
  for (const id of found.toReversed()) {
    const own = (byId.get(id)?.height ?? 0) + BOX_GAP;
    weights.set(id, Math.max(own, weights.get(id) ?? 0));
    const parent = parents.get(id);
    if (parent !== undefined && parent !== middle.id) {
      weights.set(parent, (weights.get(parent) ?? 0) + (weights.get(id) ?? 0));
    }
  }
  const children = Map.groupBy(found.slice(1), (id) => parents.get(id) ?? "");
  const columns = new Map([[middle.id, 0]]);
  const sides = chooseSides(children.get(middle.id) ?? [], { byId, weights });
  const isLeaf = (id: string): boolean => !children.has(id) && degree.get(id) === 1;
  const place = (parent: string, of: readonly string[], side: 1 | -1): void => {
    const column = (columns.get(parent) ?? 0) + side;
    const leaves = of.filter(isLeaf);
    const breaks = Math.min(MOST_LEAF_COLUMNS, Math.ceil(leaves.length / LEAVES_IN_COLUMN));
    for (const [at, id] of leaves.entries()) columns.set(id, column + side * (at % Math.max(1, breaks)));
    for (const id of of) if (!columns.has(id)) columns.set(id, column);
  };
  place(middle.id, sides.left, -1);
  place(middle.id, sides.right, 1);
  for (const id of found) {
    const column = columns.get(id) ?? 0;
    if (column !== 0) place(id, children.get(id) ?? [], column > 0 ? 1 : -1);
  }
  return columns;
}

/** Columns from 0 on, the middle's box first; a long chain turns around where a band ends. */
function foldColumns(columns: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const least = Math.min(...columns.values());
  const isLong = Math.max(...columns.values()) - least >= MOST_COLUMNS;
  const folded = Array.from(columns, ([id, column]): [string, number] => {
    const at = column - least;
    if (!isLong) return [id, at];
    const [band, place] = [Math.floor(at / MOST_COLUMNS), at % MOST_COLUMNS];
    return [id, band % 2 === 0 ? place : MOST_COLUMNS - 1 - place];
  });
  return new Map(folded);
}

interface SideContext {
  readonly byId: ReadonlyMap<string, Box>;
  readonly weights: ReadonlyMap<string, number>;
}

function chooseSides(
  children: readonly string[],
  { byId, weights }: SideContext,
): { readonly left: readonly string[]; readonly right: readonly string[] } {
  const left = children.filter((id) => byId.get(id)?.wantsLeft === true);
  const others = children.filter((id) => byId.get(id)?.wantsLeft !== true);
  const isPair = others.length === 2 && left.length === 0;
  if (!isPair && others.length <= CROWD) return { left, right: others };
  const weightOf = (ids: readonly string[]): number => ids.reduce((sum, id) => sum + (weights.get(id) ?? 0), 0);
  const half = (weightOf(others) + weightOf(left)) / 2;
  let sum = weightOf(left);
  const moved: string[] = [];
  for (const id of others) {
    const weight = weights.get(id) ?? 0;
    if (moved.length > 0 && sum + weight / 2 > half) break;
    sum += weight;
    moved.push(id);
  }
  return { left: [...left, ...moved], right: others.slice(moved.length) };
}

/** A slot that a wire goes through, and how far below its upper edge. */
interface Pass {
  readonly slot: Slot;
  readonly at: number;
}

interface Threading {
  readonly table: readonly Slot[][];
  readonly slots: ReadonlyMap<string, Slot>;
  readonly start: WireEnd;
  readonly end: WireEnd;
  readonly columnOf: (id: string) => number;
  readonly portY: (end: WireEnd) => number;
}

/** Leads a wire from column to column, with a slot of its own in each that it passes. */
function threadWire({ table, slots, start, end, columnOf, portY }: Threading): readonly Pass[] {
  const [first, last] = [slots.get(start.box), slots.get(end.box)];
  if (first === undefined || last === undefined) return [];
  const passes: Pass[] = [{ slot: first, at: portY(start) }];
  for (let column = columnOf(start.box) + 1; column < columnOf(end.box); column++) {
    const slot: Slot = { width: 0, height: PASS_HEIGHT, top: 0, left: [], right: [] };
    table[column]?.push(slot);
    passes.push({ slot, at: PASS_HEIGHT / 2 });
  }
  passes.push({ slot: last, at: portY(end) });
  if (columnOf(start.box) === columnOf(end.box)) return passes;
  for (const [index, pass] of passes.slice(1).entries()) {
    const before = passes[index];
    if (before === undefined) continue;
    before.slot.right.push({ slot: pass.slot, own: before.at, other: pass.at });
    pass.slot.left.push({ slot: before.slot, own: pass.at, other: before.at });
  }
  return passes;
}

/** Orders and places the slots of all columns, from the middle outwards and back. */
function placeSlots(table: readonly Slot[][], middle: number): void {
  for (const slots of table) spread(slots, (slot) => slot.top);
  const outwards = [
    ...Array.from({ length: table.length - 1 - middle }, (_, step) => middle + 1 + step),
    ...Array.from({ length: middle }, (_, step) => middle - 1 - step),
  ];
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const column of outwards) {
      const inner = column > middle ? ("left" as const) : ("right" as const);
      const slots = table[column] ?? [];
      const sources = new Map(slots.map((slot) => [slot, source(slot[inner]) ?? slot.top]));
      slots.sort((a, b) => (sources.get(a) ?? 0) - (sources.get(b) ?? 0));
      spread(slots, (slot) => wish(slot[inner]) ?? slot.top);
    }
    if (sweep === SWEEPS - 1) break;
    for (const column of [...outwards.toReversed(), middle]) {
      spread(table[column] ?? [], (slot) => wish([...slot.left, ...slot.right]) ?? slot.top);
    }
  }
}

/** The height at which these wires begin, on the average. */
function source(joints: readonly Joint[]): number | undefined {
  if (joints.length === 0) return undefined;
  return joints.reduce((sum, { slot, other }) => sum + slot.top + other, 0) / joints.length;
}

/** The height at which the wires of these joints would be level on the average. */
function wish(joints: readonly Joint[]): number | undefined {
  if (joints.length === 0) return undefined;
  return joints.reduce((sum, { slot, own, other }) => sum + slot.top + other - own, 0) / joints.length;
}

/**
 * Places slots in their order as near as can be to where they wish to be (least squares), without two on one another: pool adjacent
 * violators.
 */
function spread(slots: readonly Slot[], wished: (slot: Slot) => number): void {
  const pools: { sum: number; count: number }[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const [index, slot] of slots.entries()) {
    offsets.push(offset);
    pools.push({ sum: wished(slot) - offset, count: 1 });
    const arePasses = slot.id === undefined && slots[index + 1]?.id === undefined;
    offset += slot.height + (arePasses ? PASS_GAP : BOX_GAP);
    for (let last = pools.at(-1), before = pools.at(-2); last !== undefined && before !== undefined; ) {
      if (before.sum / before.count <= last.sum / last.count) break;
      pools.pop();
      before.sum += last.sum;
      before.count += last.count;
      [last, before] = [before, pools.at(-2)];
    }
  }
  let at = 0;
  for (const { sum, count } of pools) {
    for (const slot of slots.slice(at, at + count)) {
      slot.top = sum / count + (offsets[at] ?? 0);
      at += 1;
    }
  }
}

function columnEdges(table: readonly (readonly Slot[])[]): readonly (readonly [left: number, right: number])[] {
  let x = 0;
  return table.map((slots) => {
    const left = x;
    const right = left + Math.max(...slots.map(({ width }) => width));
    const wires = slots.reduce((sum, { right: joints }) => sum + joints.length, 0);
    x = right + COLUMN_GAP + Math.min(MOST_EXTRA_GAP, wires * EXTRA_GAP_PER_WIRE);
    return [left, right];
  });
}
