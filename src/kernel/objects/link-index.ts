import type { Brand } from "../../lib/mod.ts";

/** The kernel's number of a link within one namespace, from 1. The same number means another link in another namespace. */
export type LinkIndex = Brand<number, "LinkIndex">;

/** @throws {RangeError} names the number and what was wanted. */
export function parseLinkIndex(number: number): LinkIndex {
  if (!Number.isInteger(number) || number < 1 || number > 0x7fffffff) {
    throw new RangeError(`Cannot use ${number} as link index: want a whole number from 1 to 2147483647`);
  }
  return number as LinkIndex;
}

/** `lo` has it in every namespace. Source: `LOOPBACK_IFINDEX` in include/net/flow.h. */
export const LOOPBACK_INDEX: LinkIndex = parseLinkIndex(1);
