import { getRandomValues } from "node:crypto";
import { formatHex } from "../lib/mod.ts";
import { localMacAddress, type MacAddress } from "../net/mod.ts";

/** 32 random bytes as 64 hex digits. */
export function randomId(): string {
  return formatHex(getRandomValues(new Uint8Array(32)));
}

/** Random rather than made of the address: an address that is handed out again must not meet a neighbour's memory of the old MAC. */
export function randomMac(): MacAddress {
  return localMacAddress(getRandomValues(new Uint8Array(6)));
}
