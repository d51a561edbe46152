import { formatHex, unreachable } from "../../lib/mod.ts";
import {
  type Expression,
  type ExpressionData,
  type ExpressionInput,
  expression as expressionCodec,
  expressionList,
  LimitType,
} from "../../netlink/nftables/mod.ts";
import { type LimitPeriod, limitPeriods, type NftState } from "../objects/nftables/mod.ts";

const limitPeriodSeconds: Readonly<Record<LimitPeriod, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
};

/** What counts or limits, as the kernel's expression: it has the same in a rule, in a set, and in each element of a set. */
export function stateToExpression(state: NftState): ExpressionInput {
  switch (state.kind) {
    case "counter":
      return { name: "counter", data: { bytes: state.bytes ?? 0n, packets: state.packets ?? 0n } };
    case "limit":
      return {
        name: "limit",
        data: {
          rate: BigInt(state.rate),
          unit: BigInt(limitPeriodSeconds[state.per]),
          burst: state.burst,
          type: state.unit === "packets" ? LimitType.packets : LimitType.bytes,
          flags: state.over ? 1 : 0,
        },
      };
    case "quota":
      return { name: "quota", data: { bytes: state.bytes, flags: state.over ? 1 : 0, consumed: 0n } };
    case "connectionCount":
      return { name: "connlimit", data: { count: state.count, flags: state.over ? 1 : 0 } };
    case "unknown":
      throw new TypeError(`Cannot write the expression ${state.text}: it was read from a foreign rule`);
    default:
      return unreachable(state);
  }
}

/** None for expressions that do something else. */
export function stateFromExpression(expression: Expression): NftState | undefined {
  switch (expression.name) {
    case "counter": {
      const { packets = 0n, bytes = 0n } = expression.data;
      // A counter that counted nothing is the one that was written.
      return { kind: "counter", ...((packets > 0n || bytes > 0n) && { packets, bytes }) };
    }
    case "limit":
      return limitFrom(expression.data);
    case "quota": {
      const { bytes = 0n, flags = 0 } = expression.data;
      return { kind: "quota", bytes, over: (flags & 1) !== 0 };
    }
    case "connlimit": {
      const { count = 0, flags = 0 } = expression.data;
      return { kind: "connectionCount", count, over: (flags & 1) !== 0 };
    }
    default:
      return undefined;
  }
}

function limitFrom({
  rate = 0n,
  unit = 1n,
  burst = 0,
  type,
  flags = 0,
}: ExpressionData<"limit">): NftState | undefined {
  const per = limitPeriods.find((period) => BigInt(limitPeriodSeconds[period]) === unit);
  if (per === undefined) return undefined;
  const bytes = type === LimitType.bytes;
  return { kind: "limit", rate: Number(rate), per, unit: bytes ? "bytes" : "packets", burst, over: (flags & 1) !== 0 };
}

/** The bytes of an expression, for people who look at what we cannot read. */
export function unknownState(expression: Expression): Extract<NftState, { kind: "unknown" }> {
  const name = expression.name === "raw" ? expression.kernelName : expression.name;
  return { kind: "unknown", text: `${name} ${formatHex(expressionCodec.encode(expression))}` };
}

/** Where sets, elements and updates have their expressions: one alone, or a list of several. */
interface StateAttributes {
  readonly expression?: Uint8Array;
  readonly expressions?: Uint8Array;
}

export function statesToAttributes(states: readonly NftState[] | undefined): StateAttributes {
  const [first, ...more] = (states ?? []).map(stateToExpression);
  if (first === undefined) return {};
  if (more.length === 0) return { expression: expressionCodec.encode(first) };
  return { expressions: expressionList.encode({ elem: [first, ...more] }) };
}

/** @throws {DecodeError} */
export function statesFromAttributes({ expression, expressions }: StateAttributes): readonly NftState[] {
  const list =
    expressions !== undefined
      ? (expressionList.decode(expressions).elem ?? [])
      : expression !== undefined
        ? [expressionCodec.decode(expression)]
        : [];
  return list.map((each) => stateFromExpression(each) ?? unknownState(each));
}
