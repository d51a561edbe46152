export type { BpfInstruction } from "./bpf.ts";
export { compileFilter, type FilterLinkType } from "./compile-filter.ts";
export type { Filter } from "./filter.ts";
export { type FilterNames, parseFilter } from "./parse-filter.ts";
export { FilterError } from "./tokens.ts";
