/** Of package.json, which a compiled program does not carry. */
export const WEFT_VERSION = "0.1.0";
