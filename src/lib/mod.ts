export type { Brand } from "./brand.ts";
export { concatBytes, formatHex, hex } from "./bytes.ts";
export { parseDuration } from "./duration.ts";
export { nearest } from "./nearest.ts";
export { unreachable } from "./unreachable.ts";
