import { describe, expect, test } from "bun:test";
import { concatBytes, hex } from "../../lib/mod.ts";
import { type Ipv4Address, parseIpv4Address, parseMacAddress } from "../../net/mod.ts";
import { captures } from "../testing/captures.ts";
import { decodeFrame, encodeDhcpFrame } from "./frame.ts";
import { type ClientMessage, decodeServerMessage, encodeClientMessage, type ServerMessage } from "./message.ts";

const mac = parseMacAddress("02:00:00:00:00:0c");
const ip = (text: string): Ipv4Address => parseIpv4Address(text);

/** A server's message with these options, which end by themselves. */
function serverMessage(options: string, overlay: { readonly file?: string; readonly name?: string } = {}): Uint8Array {
  const field = (text: string, length: number): string => text.padEnd(2 * length, "0");
  return hex(
    `02010600 00000007 ${"00".repeat(8)} 0a000009 ${"00".repeat(8)} 02000000000c ${"00".repeat(10)}
     ${field(overlay.name ?? "", 64)} ${field(overlay.file ?? "", 128)} 63825363 350105 ${options} ff`,
  );
}

describe("what dnsmasq sent", () => {
  test("is read from its frame", () => {
    const heard = decodeFrame(captures.acknowledgement);
    if (heard?.kind !== "dhcp") throw new Error("It is a DHCP message");
    expect(heard.from as string).toBe("12:30:ae:1d:b4:91");
    expect(decodeServerMessage(heard.payload)).toEqual({
      type: "ack",
      transactionId: 0x02f7c43b,
      yourAddress: ip("203.0.113.50"),
      clientMac: mac,
      serverId: ip("203.0.113.1"),
      prefixLength: 24,
      routers: [ip("203.0.113.1")],
      nameServers: [ip("203.0.113.1")],
      domainName: "lan.example",
      searchDomains: ["lan.example", "dept.lan.example"],
      mtu: 1380,
      leaseSeconds: 120,
      renewalSeconds: 3,
      rebindingSeconds: 100,
      classlessRoutes: [
        { destination: "0.0.0.0/0", gateway: ip("203.0.113.1") },
        { destination: "10.99.0.0/16", gateway: ip("203.0.113.9") },
      ],
    } as unknown as ServerMessage);
  });

  test("a frame of ours is what udhcpc made of the same message", () => {
    const payload = captures.request.subarray(42);
    const everybody = { mac: parseMacAddress("ff:ff:ff:ff:ff:ff"), address: ip("255.255.255.255") };
    const frame = encodeDhcpFrame({ from: { mac, address: ip("0.0.0.0") }, to: everybody, payload });
    expect(frame).toEqual(captures.request);
  });
});

test("a request of ours", () => {
  const message: ClientMessage = {
    type: "request",
    transactionId: 0x01020304,
    seconds: 7,
    clientMac: mac,
    clientId: Uint8Array.of(255, 1, 2, 3),
    requestedAddress: ip("10.0.0.9"),
    serverId: ip("10.0.0.1"),
    hostName: "web",
  };
  const bytes = encodeClientMessage(message);
  expect(bytes.length).toBe(300);
  expect(bytes.subarray(0, 12)).toEqual(hex("01010600 01020304 0007 0000"));
  expect(bytes.subarray(236, 291)).toEqual(
    hex(`63825363 350103 3d04ff010203 32040a000009 36040a000001 0c03776562 390205dc
         370a01790306 0f771a333a3b ff ${"00".repeat(8)}`),
  );
});

describe("options that are malformed count as absent:", () => {
  test.each<{ what: string; options: string; absent: keyof ServerMessage }>([
    { what: "a mask with a hole", options: "0104ff00ff00", absent: "prefixLength" },
    { what: "an MTU below 68", options: "1a020043", absent: "mtu" },
    { what: "a lease time of three bytes", options: "3303000001", absent: "leaseSeconds" },
    { what: "a server that is everybody", options: "3604ffffffff", absent: "serverId" },
    { what: "a domain with a line break", options: "0f086c616e0a65766c21", absent: "domainName" },
    { what: "an option that ends beyond the end", options: "0f", absent: "domainName" },
  ])("$what", ({ options, absent }) => {
    expect(decodeServerMessage(serverMessage(options))[absent]).toBeUndefined();
  });

  test.each<{ what: string; options: string; empty: "routers" | "searchDomains" | "classlessRoutes" }>([
    { what: "a router of three bytes", options: "03030a0000", empty: "routers" },
    { what: "multicast routers", options: "0304e0000001", empty: "routers" },
    { what: "a search list that points at itself", options: "7702c000", empty: "searchDomains" },
    { what: "a search list that points forwards", options: "7704c00200 00", empty: "searchDomains" },
    { what: "a route of 33 bits", options: "790a 21 0a000000 00 0a000001", empty: "classlessRoutes" },
    { what: "a route that is cut off", options: "7904 18 0a0000", empty: "classlessRoutes" },
  ])("$what", ({ options, empty }) => {
    expect(decodeServerMessage(serverMessage(options))[empty]).toEqual([]);
  });
});

test("the parts of a long option are joined, also from the fields of file and server name", () => {
  expect(decodeServerMessage(serverMessage("0f046c616e2e 0f0365782e 0f0161")).domainName).toBe("lan.ex.a");
  const overloaded = serverMessage("340103 0f046c616e2e", { file: "0f0365782e ff".replace(" ", ""), name: "0f0161ff" });
  expect(decodeServerMessage(overloaded).domainName).toBe("lan.ex.a");
});

test.each<{ what: string; bytes: Uint8Array; says: string }>([
  { what: "nothing", bytes: hex(""), says: "want 1 bytes" },
  { what: "a client's message", bytes: captures.request.subarray(42), says: "want a reply" },
  {
    what: "another link's",
    bytes: concatBytes([hex("02060600"), serverMessage("").subarray(4)]),
    says: "want an Ethernet address",
  },
  {
    what: "BOOTP",
    bytes: concatBytes([serverMessage("").subarray(0, 236), hex("00000000")]),
    says: "want the magic cookie",
  },
  { what: "no type", bytes: concatBytes([serverMessage("").subarray(0, 240), hex("ff")]), says: "want an offer" },
])("$what is no server's message", ({ bytes, says }) => {
  expect(() => decodeServerMessage(bytes)).toThrow(says);
});

test("the answer to an ARP probe is read", () => {
  const answer = hex(
    "02000000000c 020000000007 0806 0001 0800 0604 0002 020000000007 0a000009 02000000000c 00000000 0000",
  );
  expect(decodeFrame(answer)).toEqual({
    kind: "arp",
    mac: parseMacAddress("02:00:00:00:00:07"),
    sender: ip("10.0.0.9"),
    target: ip("0.0.0.0"),
  });
});
