import { attr, attributes, cString, Reader, rawBytes, u32 } from "../../wire/mod.ts";
import type { Message } from "./message.ts";
import { MESSAGE_HEADER_BYTES, NetlinkFlag, NLMSG_DONE } from "./message-format.ts";

/** Attributes of an extended ack. Source: `enum nlmsgerr_attrs` in include/uapi/linux/netlink.h. */
const ackAttributes = attributes("NLMSGERR_ATTR", {
  msg: attr(1, cString),
  /** Of the attribute at fault, from the beginning of the request's header. */
  offs: attr(2, u32),
  cookie: attr(3, rawBytes),
  policy: attr(4, rawBytes),
  missType: attr(5, u32),
  /** Of the nested attribute where `missType` is missing; without it, it is missing at the top. */
  missNest: attr(6, u32),
});

/** An `NLMSG_ERROR`, or the `NLMSG_DONE` that ends a dump. Offsets count from the beginning of the request's payload. */
export interface Ack {
  /** 0: it went well. */
  readonly errorNumber: number;
  readonly message?: string;
  readonly offset?: number;
  readonly missing?: { readonly type: number; readonly nestOffset?: number };
}

/** @throws {DecodeError} */
export function decodeAck(message: Message): Ack {
  const reader = new Reader(message.payload, message.type === NLMSG_DONE ? "NLMSG_DONE" : "NLMSG_ERROR");
  // A dump that went well ends with a number of its own, 0 or more, or with nothing at all.
  const code = message.type === NLMSG_DONE && reader.remaining < 4 ? 0 : reader.s32();
  const errorNumber = code < 0 ? -code : 0;
  if ((message.flags & NetlinkFlag.ackAttributes) === 0) return { errorNumber };
  if (message.type !== NLMSG_DONE) skipEchoedRequest(reader, { capped: (message.flags & NetlinkFlag.capped) !== 0 });
  const found = ackAttributes.read(reader);
  const toPayload = (offset: number): number => offset - MESSAGE_HEADER_BYTES;
  const nestOffset = found.missNest === undefined ? {} : { nestOffset: toPayload(found.missNest) };
  return {
    errorNumber,
    ...(found.msg !== undefined && { message: found.msg }),
    ...(found.offs !== undefined && { offset: toPayload(found.offs) }),
    ...(found.missType !== undefined && { missing: { type: found.missType, ...nestOffset } }),
  };
}

function skipEchoedRequest(reader: Reader, { capped }: { readonly capped: boolean }): void {
  const length = reader.u32();
  reader.skip(MESSAGE_HEADER_BYTES - 4);
  if (!capped) reader.skip(Math.max(0, ((length + 3) & ~3) - MESSAGE_HEADER_BYTES));
}
