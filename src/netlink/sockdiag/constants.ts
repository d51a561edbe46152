/** Type of all requests and answers about sockets. Source: include/uapi/linux/sock_diag.h. */
export const SOCK_DIAG_BY_FAMILY = 20;

/** Source: include/linux/socket.h. */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;

/** Source: include/uapi/linux/in.h. */
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;

/**
 * States of a socket; the place is the number. UDP and unix sockets have some of them: `close` is a UDP socket without a peer.
 * Source: include/net/tcp_states.h.
 */
export const socketStates = [
  "unknown",
  "established",
  "syn-sent",
  "syn-received",
  "fin-wait-1",
  "fin-wait-2",
  "time-wait",
  "close",
  "close-wait",
  "last-ack",
  "listen",
  "closing",
  "new-syn-received",
  "bound-inactive",
] as const;
export type SocketState = (typeof socketStates)[number];

/** A bit for each state: which sockets a dump is about. */
export const ALL_STATES = 0xffffffff;

/** Source: include/linux/net.h. */
export const socketTypes: Readonly<Record<number, "stream" | "dgram" | "seqpacket">> = {
  1: "stream",
  2: "dgram",
  5: "seqpacket",
};
