import {
  type DataAttributes,
  type ElementAttributes,
  ElementFlag,
  ElementUserData,
  findUserDataText,
  userDataText,
} from "../../netlink/nftables/mod.ts";
import { DecodeError } from "../../wire/mod.ts";
import {
  formatState,
  keyFields,
  type NftElement,
  type NftField,
  type NftState,
  valueFromRange,
  valueRange,
} from "../objects/nftables/mod.ts";
import type { SetShape } from "./set-shape.ts";
import { statesFromAttributes, statesToAttributes } from "./state-attributes.ts";
import {
  keyBytes,
  keyFromBytes,
  keyFromRangeBytes,
  keyLength,
  keyRangeBytes,
  numberBytes,
  numberFromBytes,
  valueBytes,
} from "./value-bytes.ts";
import { verdictFromAttributes, verdictToAttributes } from "./verdict-attributes.ts";

/** The elements of a set as the kernel takes them, and which of ours each one came from. */
export interface EncodedElements {
  readonly attributes: readonly ElementAttributes[];
  /** For each of `attributes` the index of the element that it belongs to. */
  readonly origin: readonly number[];
}

/**
 * Elements as the kernel stores them. One range of an interval set is two of the kernel's elements: where it begins, and the
 * first value behind it, flagged as an end. They go in order, so that the kernel sees no overlap halfway.
 */
export function elementsToAttributes(shape: SetShape, elements: readonly NftElement[]): EncodedElements {
  const attributes: ElementAttributes[] = [];
  const origin: number[] = [];
  const ordered = isSingleInterval(shape) ? orderedByStart(shape, elements) : elements.entries();
  for (const [index, element] of ordered) {
    for (const encoded of elementToAttributes(shape, element)) {
      attributes.push(encoded);
      origin.push(index);
    }
  }
  return { attributes, origin };
}

function isSingleInterval(shape: SetShape): boolean {
  return shape.interval && shape.key.length === 1;
}

/** The one field of a set of intervals. Whatever order its type has, the set compares bytes from the first one on. */
function onlyField(shape: SetShape): NftField {
  const [field] = shape.key;
  if (field === undefined) throw new TypeError("Cannot encode an element: its set has no key");
  return { ...field, order: "network" };
}

function orderedByStart(shape: SetShape, elements: readonly NftElement[]): readonly (readonly [number, NftElement])[] {
  const field = onlyField(shape);
  const start = (element: NftElement): bigint =>
    element.key === "*" ? -1n : valueRange(field, keyFields(element.key)[0] ?? "").first;
  const ranked = elements.map((element, index) => ({ entry: [index, element] as const, start: start(element) }));
  ranked.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  return ranked.map(({ entry }) => entry);
}

function elementToAttributes(shape: SetShape, element: NftElement): readonly ElementAttributes[] {
  const rest = commonAttributes(shape, element);
  if (element.key === "*") return [{ ...rest, flags: ElementFlag.catchAll }];
  if (!shape.interval) return [{ key: { value: keyBytes(shape.key, element.key) }, ...rest }];
  if (shape.key.length > 1) {
    const { first, last } = keyRangeBytes(shape.key, element.key);
    return [{ key: { value: first }, keyEnd: { value: last }, ...rest }];
  }
  const field = onlyField(shape);
  const { first, last } = valueRange(field, keyFields(element.key)[0] ?? "");
  const start = { key: { value: numberBytes(field, first) }, ...rest };
  // A range up to the type's last value has no end: there is nothing behind it.
  if ((last + 1n) >> BigInt(field.bytes * 8) !== 0n) return [start];
  return [start, { key: { value: numberBytes(field, last + 1n) }, flags: ElementFlag.intervalEnd }];
}

function commonAttributes(shape: SetShape, element: NftElement): ElementAttributes {
  const data = dataToAttributes(shape, element);
  return {
    ...(data !== undefined && { data }),
    ...(element.timeoutMs !== undefined && { timeout: BigInt(element.timeoutMs) }),
    ...(element.expiresMs !== undefined && { expiration: BigInt(element.expiresMs) }),
    ...(element.comment !== undefined && { userData: [userDataText(ElementUserData.comment, element.comment)] }),
    ...statesToAttributes(element.each),
  };
}

function dataToAttributes(shape: SetShape, element: NftElement): DataAttributes | undefined {
  if (shape.data === "none") return undefined;
  if (shape.data === "verdict") {
    return element.verdict === undefined ? undefined : { verdict: verdictToAttributes(element.verdict) };
  }
  if (element.data === undefined) return undefined; // as when an element is deleted by its key
  if (shape.data.length === 1 && typeof element.data !== "object" && shape.data[0] !== undefined) {
    return { value: valueBytes(shape.data[0], element.data) };
  }
  return { value: keyBytes(shape.data, element.data) };
}

/**
 * The elements of a listing in the order of their keys' bytes, the catch-all last: two sets of the same elements are equal.
 *
 * @throws {DecodeError} when an element does not have the set's shape.
 */
export function elementsFromAttributes(shape: SetShape, list: readonly ElementAttributes[]): readonly NftElement[] {
  if (isSingleInterval(shape)) return intervalsFromAttributes(shape, list);
  return list.toSorted(compareKeys).map((attributes) => elementFromAttributes(shape, attributes));
}

/** The kernel lists by its own hash, whose seed is another one in every set. */
function compareKeys(a: ElementAttributes, b: ElementAttributes): number {
  const [left, right] = [a.key?.value, b.key?.value];
  if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
  return Buffer.compare(left, right);
}

function elementFromAttributes(shape: SetShape, attributes: ElementAttributes): NftElement {
  const rest = commonFromAttributes(shape, attributes);
  if (((attributes.flags ?? 0) & ElementFlag.catchAll) !== 0) return { key: "*", ...rest };
  const first = checkedBytes("NFTA_SET_ELEM_KEY", shape.key, attributes.key?.value);
  const keyEnd = attributes.keyEnd?.value;
  const last = keyEnd === undefined ? undefined : checkedBytes("NFTA_SET_ELEM_KEY_END", shape.key, keyEnd);
  const key = last === undefined ? keyFromBytes(shape.key, first) : keyFromRangeBytes(shape.key, first, last);
  return { key, ...rest };
}

/** As long as the set says. */
function checkedBytes(path: string, fields: readonly NftField[], bytes: Uint8Array = new Uint8Array()): Uint8Array {
  const wanted = keyLength(fields);
  if (bytes.length !== wanted)
    throw new DecodeError(path, `want ${wanted} bytes as its set has, it has ${bytes.length}`);
  return bytes;
}

function commonFromAttributes(shape: SetShape, attributes: ElementAttributes): Omit<NftElement, "key"> {
  const { data } = attributes;
  const verdict = data?.verdict === undefined ? undefined : verdictFromAttributes(data.verdict);
  const comment = findUserDataText(attributes.userData, ElementUserData.comment);
  const each = statesFromAttributes(attributes);
  return {
    ...(data?.value !== undefined &&
      typeof shape.data === "object" && {
        data: dataFromBytes(shape.data, checkedBytes("NFTA_SET_ELEM_DATA", shape.data, data.value)),
      }),
    ...(verdict !== undefined && { verdict }),
    ...(attributes.timeout !== undefined && { timeoutMs: Number(attributes.timeout) }),
    ...(attributes.expiration !== undefined && { expiresMs: Number(attributes.expiration) }),
    ...(each.length > 0 && !isSameState(each, shape.each) && { each }),
    ...(comment !== undefined && { comment }),
  };
}

/** What every element of the set has is not worth saying of each. */
function isSameState(own: readonly NftState[], common: readonly NftState[] = []): boolean {
  const text = (states: readonly NftState[]): string =>
    states.map((state) => formatState(state, { volatile: true })).join();
  return text(own) === text(common);
}

function dataFromBytes(fields: readonly NftField[], bytes: Uint8Array): NonNullable<NftElement["data"]> {
  const key = keyFromBytes(fields, bytes);
  // Data has no ranges: `keyFromBytes` gives plain values only.
  return key as NonNullable<NftElement["data"]>;
}

/** Pairs the beginnings and ends of ranges. */
function intervalsFromAttributes(shape: SetShape, list: readonly ElementAttributes[]): readonly NftElement[] {
  const field = onlyField(shape);
  const isEnd = (attributes: ElementAttributes): boolean => ((attributes.flags ?? 0) & ElementFlag.intervalEnd) !== 0;
  const catchAll = list.filter((attributes) => ((attributes.flags ?? 0) & ElementFlag.catchAll) !== 0);
  const points = list
    .filter((attributes) => attributes.key?.value !== undefined)
    .map((attributes) => ({
      attributes,
      at: numberFromBytes(field, checkedBytes("NFTA_SET_ELEM_KEY", shape.key, attributes.key?.value)),
      isEnd: isEnd(attributes),
    }))
    // Of two at the same place the end of the range before comes first.
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : Number(b.isEnd) - Number(a.isEnd)));
  const greatest = (1n << BigInt(field.bytes * 8)) - 1n;
  const elements: NftElement[] = [];
  for (const [index, point] of points.entries()) {
    if (point.isEnd) continue;
    const next = points[index + 1];
    const last = next === undefined ? greatest : next.at - 1n;
    if (last < point.at) throw new DecodeError("NFTA_SET_ELEM_KEY", "two ranges begin at the same value");
    elements.push({ key: valueFromRange(field, point.at, last), ...commonFromAttributes(shape, point.attributes) });
  }
  return [...elements, ...catchAll.map((attributes) => elementFromAttributes(shape, attributes))];
}
