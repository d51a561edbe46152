export { Inverted, type IptablesEntry } from "./entry.ts";
export { readIptablesTables } from "./read-tables.ts";
export { decodeTable, type IptablesChain, type IptablesRule, type IptablesTable } from "./table.ts";
