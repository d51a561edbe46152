import type { IpAddress, IpFamily } from "../../net/mod.ts";
import type { SocketState } from "../../netlink/sockdiag/mod.ts";
import type { LinkIndex } from "../objects/mod.ts";

export type { SocketState };

/** One end of a connection, or what a socket is bound to. Port 0 is none, or any. */
export interface SocketEnd {
  readonly address: IpAddress;
  readonly port: number;
}

interface SocketCommon {
  /** UDP and unix datagram sockets: `close` without a peer, `established` with one. */
  readonly state: SocketState;
  /** Bytes that wait for the program; of a listening socket: connections that do. */
  readonly receiveQueue: number;
  /** Bytes that wait for the network; of a listening socket: how many connections may wait. */
  readonly sendQueue: number;
  /** Of the descriptor, as `/proc/PID/fd` shows it: `socket:[INODE]`. Absent: no process has it any more. */
  readonly inode?: number;
  readonly uid?: number;
}

export interface InetSocket extends SocketCommon {
  readonly protocol: "tcp" | "udp";
  readonly family: IpFamily;
  readonly local: SocketEnd;
  /** Absent when it has no peer. */
  readonly remote?: SocketEnd;
  /** Bound to this link. */
  readonly link?: LinkIndex;
  /** An IPv6 socket that takes no IPv4. */
  readonly ipv6Only?: boolean;
  readonly mark?: number;
}

export interface UnixSocket extends SocketCommon {
  readonly protocol: "unix";
  readonly type: "stream" | "dgram" | "seqpacket";
  /** As it was bound, in whatever directory and mount namespace that was. */
  readonly path?: string;
  /** A name without a file; bytes that are no text are written as U+FFFD. */
  readonly abstract?: string;
  /** Inode of the other end. */
  readonly peer?: number;
}

export type Socket = InetSocket | UnixSocket;
export type SocketProtocol = Socket["protocol"];
