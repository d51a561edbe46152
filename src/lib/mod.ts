export type { Brand } from "./brand.ts";
export { concatBytes, formatHex, hex } from "./bytes.ts";
export { parseDuration } from "./duration.ts";
export { parseInstant, parseMoment } from "./instant.ts";
export { nearest } from "./nearest.ts";
export { Serial } from "./serial.ts";
export { unreachable } from "./unreachable.ts";
