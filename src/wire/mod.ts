export {
  type Attribute,
  attr,
  attributes,
  NLA_F_NESTED,
  type RawAttribute,
  readAttributes,
  repeatedAttr,
  writeAttribute,
} from "./attributes.ts";
export { type Codec, codec, type Infer, type InferInput, mapped } from "./codec.ts";
export {
  cString,
  fixedBytes,
  flag,
  rawBytes,
  s32,
  s32be,
  u8,
  u16,
  u16be,
  u32,
  u32be,
  u64,
  u64be,
} from "./primitives.ts";
export { DecodeError, Reader } from "./reader.ts";
export { struct } from "./struct.ts";
export { Writer } from "./writer.ts";
