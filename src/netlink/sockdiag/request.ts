import { AF_UNIX, ALL_STATES, SOCK_DIAG_BY_FAMILY } from "./constants.ts";
import { inetSocketQuestion } from "./inet.ts";
import { UnixShow, unixSocketQuestion } from "./unix.ts";

/** One request as the connection takes it: sequence number, port and acknowledgement are the connection's. */
export interface SocketRequest {
  readonly type: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** Asks for all sockets of a family (`AF_INET`, `AF_INET6`) and protocol (`IPPROTO_TCP`, `IPPROTO_UDP`). */
export function inetSocketsRequest(family: number, protocol: number): SocketRequest {
  return request(inetSocketQuestion.encode({ family, protocol, states: ALL_STATES }));
}

/** Asks for all unix sockets, with names, peers and queues. */
export function unixSocketsRequest(): SocketRequest {
  const show = UnixShow.name | UnixShow.peer | UnixShow.queue | UnixShow.uid;
  return request(unixSocketQuestion.encode({ family: AF_UNIX, states: ALL_STATES, show }));
}

function request(payload: Uint8Array): SocketRequest {
  return { type: SOCK_DIAG_BY_FAMILY, flags: 0, payload };
}
