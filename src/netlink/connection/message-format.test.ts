import { describe, expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { DecodeError } from "../../wire/mod.ts";
import { decodeAck } from "./ack.ts";
import { NLMSG_DONE, NLMSG_ERROR, splitMessages, writeMessage } from "./message-format.ts";

// Captured on Linux 6.18: the refusal of a link name that is too long, with NETLINK_EXT_ACK and NETLINK_CAP_ACK.
const refusal = hex(`
  68 00 00 00  02 00  00 03  07 00 00 00  a6 7b 00 00   # NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS
  de ff ff ff                                           # -ERANGE
  3c 00 00 00  10 00  05 06  07 00 00 00  00 00 00 00   # header of the request
  27 00 01 00  41 74 74 72 69 62 75 74 65 20 66 61 69 6c 65 64 20 70 6f 6c 69 63 79 20 76 61 6c 69 64 61 74 69 6f 6e 00 00
  08 00 02 00  20 00 00 00                              # NLMSGERR_ATTR_OFFS: 32 from the header
  14 00 04 80  08 00 07 00 0f 00 00 00  08 00 01 00 0b 00 00 00  # NLMSGERR_ATTR_POLICY: at most 15 bytes`);
// The same without NETLINK_CAP_ACK: the whole request is echoed.
const echoed = hex(`
  94 00 00 00  02 00  00 02  07 00 00 00  a6 7b 00 00
  de ff ff ff
  3c 00 00 00  10 00  05 06  07 00 00 00  00 00 00 00
  00 00 00 00  00 00 00 00  00 00 00 00  00 00 00 00
  19 00 03 00  61 2d 6e 61 6d 65 2d 6f 76 65 72 2d 31 35 2d 62 79 74 65 73 00 00 00 00
  27 00 01 00  41 74 74 72 69 62 75 74 65 20 66 61 69 6c 65 64 20 70 6f 6c 69 63 79 20 76 61 6c 69 64 61 74 69 6f 6e 00 00
  08 00 02 00  20 00 00 00
  14 00 04 80  08 00 07 00 0f 00 00 00  08 00 01 00 0b 00 00 00`);
const tooLong = { errorNumber: 34, message: "Attribute failed policy validation", offset: 16 };

function only(datagram: Uint8Array) {
  const [message] = splitMessages(datagram);
  if (message === undefined) throw new Error("want a message");
  return message;
}

describe("acks", () => {
  test("carry the kernel's sentence and an offset into the payload", () => {
    expect(decodeAck(only(refusal))).toEqual(tooLong);
  });
  test("are read behind an echoed request", () => {
    expect(decodeAck(only(echoed))).toEqual(tooLong);
  });
  test("may name a type that is missing", () => {
    const payload = hex("ea ff ff ff  14 00 00 00 10 00 05 00 01 00 00 00 00 00 00 00  08 00 05 00 12 00 00 00");
    expect(decodeAck({ type: NLMSG_ERROR, flags: 0x300, sequence: 1, portId: 1, payload })).toEqual({
      errorNumber: 22,
      missing: { type: 18 },
    });
  });
  test("at the end of a dump may be a count, an error or nothing", () => {
    const done = { type: NLMSG_DONE, flags: 2, sequence: 1, portId: 1 };
    expect(decodeAck({ ...done, payload: hex("07 00 00 00") })).toEqual({ errorNumber: 0 });
    expect(decodeAck({ ...done, payload: hex("fc ff ff ff") })).toEqual({ errorNumber: 4 });
    expect(decodeAck({ ...done, payload: hex("") })).toEqual({ errorNumber: 0 });
  });
  test("say when it went well", () => {
    const payload = hex("00 00 00 00  14 00 00 00 10 00 05 00 01 00 00 00 00 00 00 00");
    expect(decodeAck({ type: NLMSG_ERROR, flags: 0x100, sequence: 1, portId: 1, payload })).toEqual({ errorNumber: 0 });
  });
});

describe("messages", () => {
  test("are written with length, zero padding and no port id", () => {
    const bytes: Uint8Array = new Uint8Array(24).fill(0xff);
    const place = { bytes, view: new DataView(bytes.buffer), offset: 0 };
    expect(writeMessage(place, { type: 0x10, flags: 5, sequence: 9, payload: hex("aa bb cc") })).toBe(20);
    expect(bytes).toEqual(hex("13 00 00 00  10 00  05 00  09 00 00 00  00 00 00 00  aa bb cc 00  ff ff ff ff"));
  });
  test("are split from one datagram", () => {
    const bytes = hex(
      "13 00 00 00 10 00 02 00 09 00 00 00 05 00 00 00 aa bb cc 00  10 00 00 00 03 00 02 00 09 00 00 00 05 00 00 00",
    );
    expect(splitMessages(bytes)).toEqual([
      { type: 16, flags: 2, sequence: 9, portId: 5, payload: hex("aa bb cc") },
      { type: 3, flags: 2, sequence: 9, portId: 5, payload: hex("") },
    ]);
  });
  test.each([
    "13 00 00 00",
    "0f 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
    "11 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
  ])("that do not fit are refused: %s", (bytes) => expect(() => splitMessages(hex(bytes))).toThrow(DecodeError));
});

/** Answers with a value or a `DecodeError`, whatever the bytes. */
function decodeAll(bytes: Uint8Array): void {
  try {
    for (const message of splitMessages(bytes)) decodeAck(message);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
}

test("truncated and random bytes give a value or a DecodeError", () => {
  for (const whole of [refusal, echoed]) {
    for (let length = 0; length < whole.length; length++) {
      decodeAll(whole.slice(0, length));
      const shortened = whole.slice(0, length);
      if (length >= 16) new DataView(shortened.buffer).setUint32(0, length, true);
      decodeAll(shortened);
    }
    for (let round = 0; round < 5000; round++) {
      const bytes = whole.slice();
      for (let change = 0; change < 3; change++) {
        bytes[16 + Math.floor(Math.random() * (bytes.length - 16))] = Math.floor(Math.random() * 256);
      }
      decodeAll(bytes);
    }
  }
});
