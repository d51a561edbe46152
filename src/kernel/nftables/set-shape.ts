import type { setAttributes } from "../../netlink/nftables/mod.ts";
import {
  findUserDataNumber,
  findUserDataText,
  NFT_DATA_VERDICT,
  type SetAttributes,
  SetFlag,
  SetPolicy,
  SetUserData,
  UserDataByteOrder,
  type UserDataItem,
  userDataNumber,
  userDataText,
} from "../../netlink/nftables/mod.ts";
import type { InferInput } from "../../wire/mod.ts";
import {
  findNftType,
  type NftField,
  type NftMap,
  type NftSet,
  type NftSetOrMap,
  type NftState,
  type NftTypeName,
  nftField,
  nftFieldType,
  nftTypeFacts,
} from "../objects/nftables/mod.ts";
import { statesFromAttributes, statesToAttributes } from "./state-attributes.ts";
import { keyLength } from "./value-bytes.ts";

/** What the elements of a set look like in bytes: the part of a set that its elements need. */
export interface SetShape {
  readonly key: readonly NftField[];
  readonly data: "none" | "verdict" | readonly NftField[];
  readonly interval: boolean;
  /** What the set gives to each element. */
  readonly each?: readonly NftState[];
}

export function setShape(set: NftSetOrMap): SetShape {
  const data = set.kind === "set" ? "none" : set.data === "verdict" ? "verdict" : set.data.map(nftField);
  const each = set.each === undefined ? {} : { each: set.each };
  return { key: set.key.map(nftField), data, interval: set.interval === true, ...each };
}

/** nft packs the types of a concatenation into one number, six bits each. */
const TYPE_BITS = 6;

function concatType(fields: readonly NftField[]): number {
  return fields.reduce((packed, field) => packed * 2 ** TYPE_BITS + nftTypeFacts(field.type).id, 0) >>> 0;
}

/** The types packed in a number; `integer` for one that we do not know. */
function splitType(packed: number): readonly NftTypeName[] {
  const types: NftTypeName[] = [];
  for (let rest = packed; rest > 0; rest = Math.floor(rest / 2 ** TYPE_BITS)) {
    types.unshift(findNftType(rest % 2 ** TYPE_BITS) ?? "integer");
  }
  return types;
}

function byteOrder(fields: readonly NftField[]): number {
  if (fields.length !== 1) return UserDataByteOrder.unknown;
  return fields[0]?.order === "host" ? UserDataByteOrder.host : UserDataByteOrder.network;
}

function shapeFlags(shape: SetShape): number {
  return (
    (shape.interval ? SetFlag.interval : 0) |
    (isConcatenatedRange(shape) ? SetFlag.concat : 0) |
    (shape.data === "none" ? 0 : SetFlag.map)
  );
}

type SetInput = InferInput<typeof setAttributes>;

/** What a shape says of the set's attributes. */
function shapeAttributes(
  shape: SetShape,
): SetInput & { readonly flags: number; readonly userData: readonly UserDataItem[] } {
  const data =
    shape.data === "none"
      ? {}
      : shape.data === "verdict"
        ? { dataType: NFT_DATA_VERDICT }
        : { dataType: concatType(shape.data), dataLength: keyLength(shape.data) };
  return {
    flags: shapeFlags(shape),
    keyType: concatType(shape.key),
    keyLength: keyLength(shape.key),
    ...data,
    userData: [
      userDataNumber(SetUserData.keyByteOrder, byteOrder(shape.key)),
      ...(typeof shape.data === "object" ? [userDataNumber(SetUserData.dataByteOrder, byteOrder(shape.data))] : []),
    ],
  };
}

/** Keys of several fields that are ranges: the kernel (6.13 and later, EINVAL) wants the fields' lengths then, and only then. */
function isConcatenatedRange(shape: SetShape): boolean {
  return shape.interval && shape.key.length > 1;
}

function fieldLengths(shape: SetShape): { readonly elem: readonly { readonly length: number }[] } {
  return { elem: shape.key.map((field) => ({ length: field.bytes })) };
}

/** @param id Of the set within its transaction; any number that no other set of it has. */
export function setToAttributes(table: string, set: NftSetOrMap, id: number): SetInput {
  const shape = setShape(set);
  const base = shapeAttributes(shape);
  const hasTimeout = set.timeout === true || set.timeoutMs !== undefined;
  const isConcat = isConcatenatedRange(shape);
  const description = {
    ...(set.size !== undefined && { size: set.size }),
    ...(isConcat && { concat: fieldLengths(shape) }),
  };
  return {
    ...base,
    table,
    name: set.name,
    id,
    flags:
      base.flags |
      (hasTimeout ? SetFlag.timeout : 0) |
      (set.dynamic === true ? SetFlag.eval : 0) |
      (set.constant === true ? SetFlag.constant : 0) |
      (set.each !== undefined && set.each.length > 1 ? SetFlag.expressions : 0),
    ...((set.size !== undefined || isConcat) && { description }),
    ...(set.timeoutMs !== undefined && { timeout: BigInt(set.timeoutMs) }),
    ...(set.gcIntervalMs !== undefined && { gcInterval: set.gcIntervalMs }),
    ...(set.policy === "memory" && { policy: SetPolicy.memory }),
    ...statesToAttributes(set.each),
    userData: [
      ...base.userData,
      ...(set.autoMerge === true ? [userDataNumber(SetUserData.autoMerge, 1)] : []),
      ...(set.comment !== undefined ? [userDataText(SetUserData.comment, set.comment)] : []),
    ],
  };
}

/** A set that belongs to one rule. The kernel puts a number for `%d`. */
export function anonymousSetAttributes(
  table: string,
  shape: SetShape,
  id: number,
): SetInput & { readonly name: string } {
  const base = shapeAttributes(shape);
  return {
    ...base,
    table,
    name: shape.data === "none" ? "__set%d" : "__map%d",
    id,
    flags: base.flags | SetFlag.anonymous | SetFlag.constant,
    ...(isConcatenatedRange(shape) && { description: { concat: fieldLengths(shape) } }),
  };
}

export function isAnonymous(attributes: SetAttributes): boolean {
  return ((attributes.flags ?? 0) & SetFlag.anonymous) !== 0;
}

/** A map to counters, quotas and the like, which have names of their own. */
export function holdsObjects(attributes: SetAttributes): boolean {
  return ((attributes.flags ?? 0) & SetFlag.object) !== 0;
}

/** The fields behind a type number; where one type alone has another length, the set's own length counts. */
function fieldsOf(
  packed: number | undefined,
  lengthBytes: number | undefined,
  hostOrder: boolean,
): readonly NftField[] {
  const types = splitType(packed ?? 0);
  const fields = types.map(nftField);
  const [only] = fields;
  if (fields.length === 0 || (keyLength(fields) !== lengthBytes && fields.length > 1)) {
    // A foreign set of types that we do not know: one number of that length.
    return [{ type: "integer", bytes: lengthBytes ?? 4, order: "network" }];
  }
  if (only !== undefined && fields.length === 1 && (only.type === "integer" || only.bytes !== lengthBytes)) {
    return [
      {
        type: only.bytes === lengthBytes ? only.type : "integer",
        bytes: lengthBytes ?? only.bytes,
        order: hostOrder ? "host" : "network",
      },
    ];
  }
  return fields;
}

/** The shape of any set, foreign ones included. */
export function shapeFromAttributes(attributes: SetAttributes): SetShape {
  const flags = attributes.flags ?? 0;
  const keyOrder = findUserDataNumber(attributes.userData, SetUserData.keyByteOrder);
  const dataOrder = findUserDataNumber(attributes.userData, SetUserData.dataByteOrder);
  const key = fieldsOf(attributes.keyType, attributes.keyLength, keyOrder === UserDataByteOrder.host);
  const isVerdictMap = attributes.dataType === NFT_DATA_VERDICT;
  const data =
    (flags & SetFlag.map) === 0
      ? ("none" as const)
      : isVerdictMap
        ? ("verdict" as const)
        : fieldsOf(attributes.dataType, attributes.dataLength, dataOrder === UserDataByteOrder.host);
  const each = statesFromAttributes(attributes);
  return { key, data, interval: (flags & SetFlag.interval) !== 0, ...(each.length > 0 && { each }) };
}

export function setFromAttributes(attributes: SetAttributes): NftSetOrMap {
  const shape = shapeFromAttributes(attributes);
  const flags = attributes.flags ?? 0;
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const comment = findUserDataText(attributes.userData, SetUserData.comment);
  const size = attributes.description?.size;
  const common: Omit<NftSet, "kind"> = {
    name: attributes.name ?? "",
    key: shape.key.map(nftFieldType),
    ...(has(SetFlag.interval) && { interval: true }),
    ...(has(SetFlag.eval) && { dynamic: true }),
    ...(has(SetFlag.timeout) && attributes.timeout === undefined && { timeout: true }),
    ...(attributes.timeout !== undefined && { timeoutMs: Number(attributes.timeout) }),
    ...(attributes.gcInterval !== undefined && attributes.gcInterval !== 0 && { gcIntervalMs: attributes.gcInterval }),
    ...(has(SetFlag.constant) && { constant: true }),
    ...(size !== undefined && { size }),
    ...(shape.each !== undefined && { each: shape.each }),
    ...(attributes.policy === SetPolicy.memory && { policy: "memory" }),
    ...((findUserDataNumber(attributes.userData, SetUserData.autoMerge) ?? 0) !== 0 && { autoMerge: true }),
    ...(comment !== undefined && { comment }),
  };
  if (shape.data === "none") return { kind: "set", ...common };
  const map: NftMap = {
    kind: "map",
    ...common,
    data: shape.data === "verdict" ? "verdict" : shape.data.map(nftFieldType),
  };
  return map;
}
