import { concatBytes } from "../../lib/mod.ts";
import {
  type Ipv4Address,
  ipBytes,
  type MacAddress,
  macBytes,
  macFromBytes,
  unspecifiedAddress,
} from "../../net/mod.ts";
import { Reader, Writer } from "../../wire/mod.ts";
import {
  FIXED_BYTES,
  LEAST_BYTES,
  MAGIC_COOKIE,
  MessageType,
  type MessageTypeName,
  Operation,
  OptionCode,
} from "./constants.ts";
import { ipv4From, readServerOptions, type ServerOptions } from "./options.ts";

/** What a server sent to a client. */
export interface ServerMessage extends ServerOptions {
  readonly type: "offer" | "ack" | "nak";
  readonly transactionId: number;
  /** The address that it is about; 0.0.0.0 where there is none. */
  readonly yourAddress: Ipv4Address;
  readonly clientMac: MacAddress;
}

const FROM_SERVERS: Readonly<Record<number, ServerMessage["type"]>> = {
  [MessageType.offer]: "offer",
  [MessageType.ack]: "ack",
  [MessageType.nak]: "nak",
};

/**
 * Reads a server's message.
 *
 * @throws {DecodeError} when it is none: too short, of another protocol, a client's, for another kind of link, or without a type.
 */
export function decodeServerMessage(bytes: Uint8Array): ServerMessage {
  const reader = new Reader(bytes, "DHCP message");
  const operation = reader.u8();
  const hardware = reader.u16be();
  if (operation !== Operation.reply) throw reader.error(`want a reply, it is of operation ${operation}`);
  if (hardware !== ETHERNET) throw reader.error("want an Ethernet address of 6 bytes");
  reader.skip(1); // hops
  const transactionId = reader.u32be();
  reader.skip(8); // seconds, flags, the client's own address
  const yourAddress = ipv4From(reader.bytes(4));
  reader.skip(8); // the next server's and the relay's addresses
  const clientMac = macFromBytes(reader.bytes(6));
  reader.skip(10);
  const serverName = reader.sub(64);
  const bootFile = reader.sub(128);
  if (reader.u32be() !== MAGIC_COOKIE) throw reader.error("want the magic cookie of DHCP");
  const options = new Map<number, Uint8Array>();
  readOptions(reader, options);
  // RFC 2132 section 9.3: the two fields carry options, too.
  const overload = options.get(OptionCode.overload)?.[0] ?? 0;
  if ((overload & 1) !== 0) readOptions(bootFile, options);
  if ((overload & 2) !== 0) readOptions(serverName, options);
  const type = FROM_SERVERS[options.get(OptionCode.messageType)?.[0] ?? 0];
  if (type === undefined) throw reader.error("want an offer, an acknowledgement or a refusal");
  return { type, transactionId, yourAddress, clientMac, ...readServerOptions(options) };
}

/** Hardware type 1 (Ethernet) and its addresses' length. */
const ETHERNET = 0x0106;

/** An option that ends beyond the end counts as the end. */
function readOptions(reader: Reader, into: Map<number, Uint8Array>): void {
  while (reader.remaining > 0) {
    const code = reader.u8();
    if (code === OptionCode.end) return;
    if (code === OptionCode.pad) continue;
    const length = reader.remaining > 0 ? reader.u8() : 0;
    if (length > reader.remaining) return;
    const value = reader.bytes(length);
    const before = into.get(code);
    into.set(code, before === undefined ? value : concatBytes([before, value]));
  }
}

/** What a client sends. */
export interface ClientMessage {
  readonly type: Extract<MessageTypeName, "discover" | "request" | "decline" | "release">;
  readonly transactionId: number;
  /** Since the client began, seconds. */
  readonly seconds: number;
  /** The client's address once it is its own; else 0.0.0.0. */
  readonly clientAddress?: Ipv4Address;
  readonly clientMac: MacAddress;
  readonly clientId: Uint8Array;
  readonly requestedAddress?: Ipv4Address;
  readonly serverId?: Ipv4Address;
  readonly hostName?: string;
}

/** What we ask servers to tell. RFC 3442 wants the classless routes before the routers. */
const PARAMETERS = [
  OptionCode.subnetMask,
  OptionCode.classlessRoutes,
  OptionCode.routers,
  OptionCode.nameServers,
  OptionCode.domainName,
  OptionCode.searchDomains,
  OptionCode.mtu,
  OptionCode.leaseTime,
  OptionCode.renewalTime,
  OptionCode.rebindingTime,
];

/** Bytes of a message that we take, with IP and UDP headers: what fits a frame. */
const LARGEST_MESSAGE = 1500;

export function encodeClientMessage(message: ClientMessage): Uint8Array {
  const { type, clientAddress = unspecifiedAddress.ipv4, clientMac } = message;
  const writer = new Writer(576);
  writer.u8(Operation.request);
  writer.u16be(ETHERNET);
  writer.u8(0);
  writer.u32be(message.transactionId);
  writer.u16be(Math.min(message.seconds, 0xffff));
  writer.u16be(0); // no broadcast wanted: a packet socket hears what is sent to an address that is not ours yet
  writer.bytes(ipBytes(clientAddress));
  writer.zeros(12);
  writer.bytes(macBytes(clientMac));
  writer.zeros(FIXED_BYTES - writer.length);
  writer.u32be(MAGIC_COOKIE);
  const option = (code: number, value: Uint8Array | undefined): void => {
    if (value === undefined) return;
    writer.u8(code);
    writer.u8(value.length);
    writer.bytes(value);
  };
  option(OptionCode.messageType, Uint8Array.of(MessageType[type]));
  option(OptionCode.clientId, message.clientId);
  option(OptionCode.requestedAddress, message.requestedAddress && ipBytes(message.requestedAddress));
  option(OptionCode.serverId, message.serverId && ipBytes(message.serverId));
  if (type === "discover" || type === "request") {
    const name =
      message.hostName === undefined ? undefined : new TextEncoder().encode(message.hostName).subarray(0, 63);
    option(OptionCode.hostName, name);
    option(OptionCode.maximumSize, Uint8Array.of(LARGEST_MESSAGE >> 8, LARGEST_MESSAGE & 0xff));
    option(OptionCode.parameterList, Uint8Array.from(PARAMETERS));
  }
  writer.u8(OptionCode.end);
  writer.zeros(Math.max(0, LEAST_BYTES - writer.length));
  return writer.finish();
}
