import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { parseIpAddress } from "../../net/mod.ts";
import { DecodeError } from "../../wire/mod.ts";
import {
  AF_INET,
  AF_INET6,
  inetSocketMessage,
  inetSocketsRequest,
  socketAddress,
  socketAddressBytes,
  unixSocketMessage,
  unixSocketsRequest,
} from "./mod.ts";

// Layout from include/uapi/linux/inet_diag.h and unix_diag.h; what ss of iproute2 6.1 sends and gets, taken by strace on Linux 6.18.
const listening = `
  02 0a 00 00                                                    # AF_INET, TCP_LISTEN, no timer
  1f 90 00 00                                                    # port 8080, no peer's
  00 00 00 00  00 00 00 00 00 00 00 00 00 00 00 00               # 0.0.0.0
  00 00 00 00  00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00  ab 06 00 00 00 00 00 00                           # any link; cookie 1707
  00 00 00 00  00 00 00 00  05 00 00 00  00 00 00 00  91 ac 49 00 # expires, queues, uid, inode 4828305
  05 00 08 00  00 00 00 00                                       # INET_DIAG_SHUTDOWN
  08 00 0f 00  00 00 00 00                                       # INET_DIAG_MARK
  0c 00 15 00  01 00 00 00 00 00 00 00                           # INET_DIAG_CGROUP_ID
  06 00 16 00  11 40 00 00                                       # INET_DIAG_SOCKOPT, which we do not know`;
const connected6 = `
  0a 01 02 00
  00 16 cf 08
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01
  fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 02
  03 00 00 00  07 00 00 00 00 00 00 00
  10 27 00 00  01 00 00 00  02 00 00 00  e8 03 00 00  2a 00 00 00
  05 00 0b 00  01 00 00 00                                       # INET_DIAG_SKV6ONLY
  08 00 0f 00  04 00 00 00`;
const path = `
  01 01 0a 00  96 ac 49 00  ce 18 00 00 00 00 00 00               # AF_UNIX, SOCK_STREAM, listening, inode 4828310
  13 00 00 00  2f 74 6d 70 2f 69 6e 73 70 2e 73 6f 63 6b 00 00   # UNIX_DIAG_NAME "/tmp/insp.sock" NUL
  0c 00 04 00  00 00 00 00 05 00 00 00                           # UNIX_DIAG_RQLEN
  05 00 06 00  00 00 00 00                                       # UNIX_DIAG_SHUTDOWN`;

test("asks for TCP over IPv4 as ss does, but for every state", () => {
  const { type, payload } = inetSocketsRequest(AF_INET, 6);
  expect(type).toBe(20);
  expect(payload).toEqual(hex(`02 06 00 00  ff ff ff ff ${"00 ".repeat(48)}`));
});

test("asks for unix sockets with names, peers, queues and users", () => {
  expect(unixSocketsRequest().payload).toEqual(
    hex("01 00 00 00  ff ff ff ff  00 00 00 00  55 00 00 00  00 00 00 00 00 00 00 00"),
  );
});

test("reads a listening TCP socket, and keeps the attribute that it does not know", () => {
  const { header, attributes } = inetSocketMessage.decode(hex(listening));
  expect(header).toMatchObject({ family: 2, state: 10, sourcePort: 8080, destinationPort: 0, sendQueue: 5 });
  expect(header).toMatchObject({ inode: 4828305, link: 0, cookie: 1707n, uid: 0 });
  expect(socketAddress(header.family, header.source)).toBe(parseIpAddress("0.0.0.0"));
  expect(attributes).toEqual({
    shutdown: 0,
    mark: 0,
    cgroupId: 1n,
    unknown: [{ type: 22, payload: Uint8Array.of(0x11, 0x40) }],
  });
});

test("reads a connection over IPv6 on a link", () => {
  const { header, attributes } = inetSocketMessage.decode(hex(connected6));
  expect(socketAddress(header.family, header.source)).toBe(parseIpAddress("2001:db8::1"));
  expect(socketAddress(header.family, header.destination)).toBe(parseIpAddress("fe80::2"));
  expect(header).toMatchObject({ state: 1, timer: 2, sourcePort: 22, destinationPort: 53000, link: 3, expires: 10000 });
  expect(header).toMatchObject({ receiveQueue: 1, sendQueue: 2, uid: 1000, inode: 42 });
  expect(attributes).toEqual({ skv6only: 1, mark: 4 });
});

test("reads a unix socket with a path", () => {
  const { header, attributes } = unixSocketMessage.decode(hex(path));
  expect(header).toMatchObject({ family: 1, type: 1, state: 10, inode: 4828310, cookie: 6350n });
  expect(new TextDecoder().decode(attributes.name)).toBe("/tmp/insp.sock\0");
  expect(attributes.rqlen).toEqual({ receiveQueue: 0, sendQueue: 5 });
});

test("writes what it reads", () => {
  for (const bytes of [connected6]) {
    expect(inetSocketMessage.encode(inetSocketMessage.decode(hex(bytes)))).toEqual(hex(bytes));
  }
  expect(unixSocketMessage.encode(unixSocketMessage.decode(hex(path)))).toEqual(hex(path));
});

test.each([
  [AF_INET, "192.0.2.1", "c0 00 02 01 00 00 00 00 00 00 00 00 00 00 00 00"],
  [AF_INET6, "2001:db8::1", "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01"],
] as const)("an address of family %i takes 16 bytes", (family, text, bytes) => {
  expect(socketAddressBytes(parseIpAddress(text))).toEqual(hex(bytes));
  expect(socketAddress(family, hex(bytes))).toBe(parseIpAddress(text));
});

test("cut messages give a DecodeError, or what was whole of them", () => {
  const whole = hex(listening);
  for (let length = 0; length < whole.length; length++) {
    try {
      inetSocketMessage.decode(whole.slice(0, length));
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
    }
  }
  expect(() => inetSocketMessage.decode(whole.slice(0, 71))).toThrow(
    "struct inet_diag_msg wants 72 bytes, 71 are left",
  );
  expect(() => unixSocketMessage.decode(hex("01 01"))).toThrow("struct unix_diag_msg wants 16 bytes, 2 are left");
});
