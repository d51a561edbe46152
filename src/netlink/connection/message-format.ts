import { DecodeError } from "../../wire/mod.ts";
import type { Message, Request } from "./message.ts";

/** Control messages. Source: include/uapi/linux/netlink.h. */
export const NLMSG_NOOP = 1;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLMSG_OVERRUN = 4;

/** `NLM_F_*` that the connection sets or reads. Source: include/uapi/linux/netlink.h. */
export const NetlinkFlag = {
  request: 0x01,
  ack: 0x04,
  dumpInterrupted: 0x10,
  /** `NLM_F_ROOT | NLM_F_MATCH`. */
  dump: 0x300,
  /** Of acks: only the header of the request is in it. */
  capped: 0x100,
  /** Of acks: extended-ack attributes follow. */
  ackAttributes: 0x200,
} as const;

/** `struct nlmsghdr`: length, type, flags, sequence, port id. */
export const MESSAGE_HEADER_BYTES = 16;
// Bun runs on little-endian machines only, and netlink speaks the machine's order.
const LITTLE = true;

/** Of the message with its header and the padding to four bytes. */
export function encodedLength(request: Request): number {
  return MESSAGE_HEADER_BYTES + ((request.payload.length + 3) & ~3);
}

/** One request as a datagram of its own, for a socket that is no connection: nobody reads an answer, so none is asked for. */
export function encodeRequest(request: Request): Uint8Array {
  const bytes = new Uint8Array(encodedLength(request));
  const flags = request.flags | NetlinkFlag.request;
  writeMessage({ bytes, view: new DataView(bytes.buffer), offset: 0 }, { ...request, flags, sequence: 1 });
  return bytes;
}

export interface MessagePlace {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly offset: number;
}

/** Writes one message from us to the kernel. @returns The offset behind it. */
export function writeMessage(place: MessagePlace, request: Request & { readonly sequence: number }): number {
  const { bytes, view, offset } = place;
  const { payload } = request;
  const length = MESSAGE_HEADER_BYTES + payload.length;
  const end = offset + ((length + 3) & ~3);
  view.setUint32(offset, length, LITTLE);
  view.setUint16(offset + 4, request.type, LITTLE);
  view.setUint16(offset + 6, request.flags, LITTLE);
  view.setUint32(offset + 8, request.sequence, LITTLE);
  view.setUint32(offset + 12, 0, LITTLE); // the kernel knows our port id
  bytes.set(payload, offset + MESSAGE_HEADER_BYTES);
  bytes.fill(0, offset + length, end);
  return end;
}

/**
 * The messages of one datagram. Their payloads are views of it.
 *
 * @throws {DecodeError} when a length does not fit.
 */
export function splitMessages(datagram: Uint8Array): readonly Message[] {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const messages: Message[] = [];
  let offset = 0;
  while (offset < datagram.length) {
    const left = datagram.length - offset;
    if (left < MESSAGE_HEADER_BYTES) throw new DecodeError("nlmsghdr", `want 16 bytes, ${left} are left`);
    const length = view.getUint32(offset, LITTLE);
    if (length < MESSAGE_HEADER_BYTES || length > left) {
      throw new DecodeError("nlmsghdr", `nlmsg_len says ${length} bytes, want 16 to ${left}`);
    }
    messages.push({
      type: view.getUint16(offset + 4, LITTLE),
      flags: view.getUint16(offset + 6, LITTLE),
      sequence: view.getUint32(offset + 8, LITTLE),
      portId: view.getUint32(offset + 12, LITTLE),
      payload: datagram.subarray(offset + MESSAGE_HEADER_BYTES, offset + length),
    });
    offset += Math.min((length + 3) & ~3, left);
  }
  return messages;
}
