import { expect, test } from "bun:test";
import { parseIpAddress } from "../../net/mod.ts";
import { AF_INET, AF_INET6, type InetSocketMessage, socketAddressBytes } from "../../netlink/sockdiag/mod.ts";
import { inetSocketFromMessage, unixSocketFromMessage } from "./socket-from-message.ts";

const header: InetSocketMessage["header"] = {
  family: AF_INET,
  state: 1,
  timer: 0,
  retransmissions: 0,
  sourcePort: 80,
  destinationPort: 4000,
  source: socketAddressBytes(parseIpAddress("10.0.0.1")),
  destination: socketAddressBytes(parseIpAddress("10.0.0.2")),
  link: 0,
  cookie: 1n,
  expires: 0,
  receiveQueue: 3,
  sendQueue: 4,
  uid: 1000,
  inode: 77,
};

test("a connection has both ends", () => {
  expect(inetSocketFromMessage("tcp", { header, attributes: {} })).toEqual({
    protocol: "tcp",
    family: "ipv4",
    state: "established",
    local: { address: parseIpAddress("10.0.0.1"), port: 80 },
    remote: { address: parseIpAddress("10.0.0.2"), port: 4000 },
    receiveQueue: 3,
    sendQueue: 4,
    uid: 1000,
    inode: 77,
  });
});

test("what is not there is left out", () => {
  const listening = { ...header, family: AF_INET6, state: 10, source: new Uint8Array(16), inode: 0, link: 3 };
  const alone = { ...listening, destination: new Uint8Array(16), destinationPort: 0 };
  const attributes = { skv6only: 0, mark: 0 };
  const socket = inetSocketFromMessage("tcp", { header: alone, attributes });
  expect(socket).toMatchObject({ state: "listen", local: { address: "::", port: 80 }, ipv6Only: false, link: 3 });
  expect(Object.keys(socket ?? {})).not.toContain("remote");
  expect(Object.keys(socket ?? {})).not.toContain("inode");
  expect(Object.keys(socket ?? {})).not.toContain("mark");
});

test("other families and states that are too new are no error", () => {
  expect(inetSocketFromMessage("udp", { header: { ...header, family: 30 }, attributes: {} })).toBeUndefined();
  expect(inetSocketFromMessage("udp", { header: { ...header, state: 99 }, attributes: {} })?.state).toBe("unknown");
});

const encoder = new TextEncoder();
test.each([
  [undefined, {}],
  ["/run/a.sock\0", { path: "/run/a.sock" }],
  ["/run/a.sock", { path: "/run/a.sock" }], // as long as a name may be: without its NUL
  ["\0moon", { abstract: "moon" }],
  ["\0a\0b", { abstract: "a\0b" }],
] as const)("a unix socket's name %j", (name, expected) => {
  const attributes = { ...(name !== undefined && { name: encoder.encode(name) }), peer: 0 };
  const unix = { family: 1, type: 5, state: 10, pad: 0, inode: 9, cookie: 1n };
  expect(unixSocketFromMessage({ header: unix, attributes })).toEqual({
    protocol: "unix",
    type: "seqpacket",
    state: "listen",
    receiveQueue: 0,
    sendQueue: 0,
    inode: 9,
    ...expected,
  });
});
