import {
  attr,
  attributes,
  type Codec,
  codec,
  cString,
  type Infer,
  type InferInput,
  NLA_F_NESTED,
  rawBytes,
} from "../../wire/mod.ts";
import { connlimit, counter, limit, log, masq, nat, notrack, quota, redir, reject } from "./expressions/actions.ts";
import { ct, exthdr, fib, hash, meta, numgen, payload, rt } from "./expressions/packet.ts";
import { bitwise, byteorder, cmp, dynset, immediate, lookup, range } from "./expressions/values.ts";

/** By the kernel's name. A new expression is one codec and one line here. */
const expressionCodecs = {
  bitwise,
  byteorder,
  cmp,
  connlimit,
  counter,
  ct,
  dynset,
  exthdr,
  fib,
  hash,
  immediate,
  limit,
  log,
  lookup,
  masq,
  meta,
  nat,
  notrack,
  numgen,
  payload,
  quota,
  range,
  redir,
  reject,
  rt,
} as const;
type Codecs = typeof expressionCodecs;
export type ExpressionName = keyof Codecs;
export const expressionNames = Object.keys(expressionCodecs) as readonly ExpressionName[]; // the keys of a constant

/** An expression that we have no codec for: its bytes are kept. */
export interface RawExpression {
  readonly name: "raw";
  readonly kernelName: string;
  readonly data: Uint8Array;
}

/** One step of a rule: it loads into registers, tests them, or acts. */
export type Expression =
  | { readonly [N in ExpressionName]: { readonly name: N; readonly data: Infer<Codecs[N]> } }[ExpressionName]
  | RawExpression;
export type ExpressionInput =
  | { readonly [N in ExpressionName]: { readonly name: N; readonly data: InferInput<Codecs[N]> } }[ExpressionName]
  | RawExpression;
/** What one kind of expression holds. */
export type ExpressionData<N extends ExpressionName> = Infer<Codecs[N]>;

const expressionAttributes = attributes("NFTA_EXPR", {
  name: attr(1, cString),
  data: attr(2 | NLA_F_NESTED, rawBytes),
});

function isExpressionName(name: string): name is ExpressionName {
  return Object.hasOwn(expressionCodecs, name);
}

export const expression: Codec<Expression, ExpressionInput> = codec<Expression, ExpressionInput>({
  write(writer, value) {
    if (value.name === "raw") {
      expressionAttributes.write(writer, { name: value.kernelName, data: value.data });
    } else {
      const dataCodec: Codec<unknown, never> = expressionCodecs[value.name];
      expressionAttributes.write(writer, { name: value.name, data: dataCodec.encode(value.data as never) }); // the union pairs name and data
    }
  },
  read(reader) {
    const { name, data = new Uint8Array() } = expressionAttributes.read(reader);
    if (name === undefined) throw reader.error("an expression has no NFTA_EXPR_NAME");
    if (!isExpressionName(name)) return { name: "raw", kernelName: name, data };
    const dataCodec: Codec<unknown, never> = expressionCodecs[name];
    return { name, data: dataCodec.decode(data, `${reader.path}/${name}`) } as Expression;
  },
  locate(bytes, offset) {
    return expressionAttributes.locate(bytes, offset);
  },
});
