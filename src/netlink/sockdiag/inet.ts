import { type IpAddress, ipBytes, ipFromBytes } from "../../net/mod.ts";
import {
  attr,
  attributes,
  type Codec,
  codec,
  cString,
  fixedBytes,
  type Infer,
  type InferInput,
  rawBytes,
  struct,
  u8,
  u16be,
  u32,
  u64,
} from "../../wire/mod.ts";
import { AF_INET } from "./constants.ts";

/**
 * `struct inet_diag_sockid`: both ends of a socket. An address takes 16 bytes whatever its family; IPv4 has the first four.
 * Source of all here: include/uapi/linux/inet_diag.h.
 */
const socketId = {
  sourcePort: u16be,
  destinationPort: u16be,
  source: fixedBytes(16),
  destination: fixedBytes(16),
  link: u32, // index; 0: of any link
  cookie: u64, // the kernel's own number of the socket; all ones: of any
};

/** `struct inet_diag_req_v2`: which sockets. */
const inetQuestion = struct("inet_diag_req_v2", {
  family: u8,
  protocol: u8,
  extensions: u8, // bit n - 1: also attribute n
  pad: u8,
  states: u32, // bit n: those in state n
  ...socketId,
});

/** `struct inet_diag_msg`. */
const inetHeader = struct("inet_diag_msg", {
  family: u8,
  state: u8,
  timer: u8,
  retransmissions: u8,
  ...socketId,
  expires: u32, // milliseconds until the timer goes off
  receiveQueue: u32, // bytes; of a listening socket: connections that wait to be accepted
  sendQueue: u32, // bytes; of a listening socket: how many connections may wait
  uid: u32,
  inode: u32, // 0 for a connection that no descriptor belongs to, such as one in time-wait
});

/** `INET_DIAG_*`. */
const inetAttributes = attributes("INET_DIAG", {
  meminfo: attr(1, rawBytes),
  info: attr(2, rawBytes), // struct tcp_info
  cong: attr(4, cString),
  tos: attr(5, u8),
  tclass: attr(6, u8),
  skmeminfo: attr(7, rawBytes),
  shutdown: attr(8, u8),
  skv6only: attr(11, u8),
  mark: attr(15, u32),
  classId: attr(17, u32),
  cgroupId: attr(21, u64),
});

export type InetSocketQuestion = InferInput<typeof inetQuestion>;
export type InetSocketHeader = Infer<typeof inetHeader>;
export interface InetSocketMessage {
  readonly header: InetSocketHeader;
  readonly attributes: Infer<typeof inetAttributes>;
}
export interface InetSocketMessageInput {
  readonly header: InferInput<typeof inetHeader>;
  readonly attributes: InferInput<typeof inetAttributes>;
}

/** The payload of a question about TCP or UDP sockets. */
export const inetSocketQuestion: Codec<Infer<typeof inetQuestion>, InetSocketQuestion> = inetQuestion;

/** What the kernel says of one TCP or UDP socket. */
export const inetSocketMessage: Codec<InetSocketMessage, InetSocketMessageInput> = codec<
  InetSocketMessage,
  InetSocketMessageInput
>({
  write(writer, { header, attributes }) {
    inetHeader.write(writer, header);
    inetAttributes.write(writer, attributes);
  },
  read: (reader) => ({ header: inetHeader.read(reader), attributes: inetAttributes.read(reader) }),
});

/** An address in the 16 bytes of a socket's id. */
export function socketAddress(family: number, bytes: Uint8Array): IpAddress {
  return ipFromBytes(family === AF_INET ? bytes.subarray(0, 4) : bytes);
}

/** The 16 bytes of an address. */
export function socketAddressBytes(address: IpAddress): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(ipBytes(address));
  return bytes;
}
