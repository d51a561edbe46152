import {
  isNamePattern,
  isNftRange,
  keyFields,
  type NftElement,
  type NftField,
  type NftFieldValue,
  type NftKey,
  type NftSelector,
  networkOrder,
  nftTypeFacts,
  selectorFields,
} from "../objects/nftables/mod.ts";
import type { RuleCompilation, SetReference } from "./compile-context.ts";
import type { SetShape } from "./set-shape.ts";

/** A set that belongs to one rule, and the selector that is looked up in it. */
export interface OwnSet {
  readonly reference: SetReference;
  readonly selector: NftSelector;
}

/** Makes an anonymous set or map for a selector: with intervals when an element has one. */
export function addOwnSet(
  rule: RuleCompilation,
  selector: NftSelector,
  { data, elements }: { readonly data: SetShape["data"]; readonly elements: readonly NftElement[] },
): OwnSet {
  const key = selectorFields(selector);
  const interval = elements.some((element) => holdsInterval(key, element.key));
  const reference = rule.anonymousSet({ shape: { key, data, interval }, elements });
  const [field] = key;
  const isTurned = interval && key.length === 1 && field !== undefined && isInHostOrder(field);
  return { reference, selector: isTurned ? networkOrder(selector) : selector };
}

/** Whether the kernel has the number's bytes in another order than a set of intervals compares them. */
export function isInHostOrder(field: NftField): boolean {
  return field.order === "host" && field.bytes > 1 && nftTypeFacts(field.type).notation !== "text";
}

function holdsInterval(fields: readonly NftField[], key: NftKey): boolean {
  if (key === "*") return false;
  return keyFields(key).some((value, index) => isInterval(fields[index], value));
}

function isInterval(field: NftField | undefined, value: NftFieldValue): boolean {
  if (isNftRange(value)) return true;
  const isText = field !== undefined && nftTypeFacts(field.type).notation === "text";
  return isText ? isNamePattern(value) : typeof value === "string" && value.includes("/");
}
