import { isFlagsType, type NftField, nftTypeFacts } from "./data-type.ts";
import { formatDuration } from "./duration.ts";
import type { NftElement } from "./set.ts";
import { formatState, type StateTextOptions } from "./text-state.ts";
import { formatKey, keyFields, type NftFieldValue, type NftKey, valueRange } from "./value.ts";
import { formatVerdict } from "./verdict.ts";

/** The types of the key and of the data of a set's elements. */
export interface ElementTypes {
  readonly key: readonly NftField[];
  readonly data: readonly NftField[];
}

/** `volatile`: also print what is left of the time, and what counters have counted. */
type ElementTextOptions = StateTextOptions;

/** `10.0.0.1 . tcp . 80 comment "c" : 172.18.0.2 . 8080` */
export function formatElement(types: ElementTypes, element: NftElement, options: ElementTextOptions = {}): string {
  const words = [formatKey(types.key, element.key)];
  for (const state of element.each ?? []) words.push(formatState(state, options));
  if (element.timeoutMs !== undefined) words.push(`timeout ${formatDuration(element.timeoutMs)}`);
  if (options.volatile === true && element.expiresMs !== undefined)
    words.push(`expires ${formatDuration(element.expiresMs)}`);
  if (element.comment !== undefined) words.push(`comment ${JSON.stringify(element.comment)}`);
  if (element.verdict !== undefined) words.push(":", formatVerdict(element.verdict));
  else if (element.data !== undefined) words.push(":", formatKey(types.data, element.data));
  return words.join(" ");
}

/** `{ 0 : 10.0.0.1, 1 : 10.0.0.2 }`, in the order of the keys. */
export function formatElementList(types: ElementTypes, elements: readonly NftElement[]): string {
  const byKey = new Map(elements.map((element) => [element.key, element]));
  const keys = elements.map((element) => element.key);
  const texts = formatKeyOrder(types.key, keys).map((key) => formatElement(types, byKey.get(key) ?? { key }));
  return `{ ${texts.join(", ")} }`;
}

/** Keys in the order of their values, so that two listings of one set are equal text. */
export function formatKeyOrder<K extends NftKey>(fields: readonly NftField[], keys: readonly K[]): readonly K[] {
  const ranked = keys.map((key) => ({ key, rank: keyRank(fields, key) }));
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
  return ranked.map(({ key }) => key);
}

/** Text that sorts as the key's values do. The catch-all comes last, as nft has it. */
function keyRank(fields: readonly NftField[], key: NftKey): string {
  if (key === "*") return "~";
  return keyFields(key)
    .map((value, index) => fieldRank(fields[index], value))
    .join(" ");
}

function fieldRank(field: NftField | undefined, value: NftFieldValue): string {
  if (field === undefined || nftTypeFacts(field.type).notation === "text") return String(value);
  const { first, last } = valueRange(field, value);
  const digits = field.bytes * 2;
  if (isFlagsType(field.type)) return flagRank(field, Number(first));
  return `${first.toString(16).padStart(digits, "0")}-${last.toString(16).padStart(digits, "0")}`;
}

/** nft lists flags in the order of its own table, not of their bits. */
function flagRank(field: NftField, bits: number): string {
  const names = Object.values(nftTypeFacts(field.type).names ?? {});
  const place = names.indexOf(bits);
  return (place === -1 ? names.length : place).toString(16).padStart(8, "0");
}
