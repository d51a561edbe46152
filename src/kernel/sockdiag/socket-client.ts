import { type Connection, openConnection } from "../../netlink/connection/mod.ts";
import {
  AF_INET,
  AF_INET6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  inetSocketMessage,
  inetSocketsRequest,
  unixSocketMessage,
  unixSocketsRequest,
} from "../../netlink/sockdiag/mod.ts";
import type { Netns } from "../../sys/mod.ts";
import type { InetSocket, Socket, SocketProtocol } from "./socket.ts";
import { inetSocketFromMessage, unixSocketFromMessage } from "./socket-from-message.ts";

const protocolNumbers = { tcp: IPPROTO_TCP, udp: IPPROTO_UDP } as const;
export const socketProtocols: readonly SocketProtocol[] = ["tcp", "udp", "unix"];

export interface SocketFilter {
  readonly netns?: Netns;
  /** Default: all. */
  readonly protocols?: readonly SocketProtocol[];
}

/**
 * The sockets of one namespace, of all processes: IPv4 before IPv6.
 *
 * @throws {KernelError} `ENOENT` when the kernel was built without the diagnosis of one of the protocols.
 */
export function listSockets({ netns, protocols = socketProtocols }: SocketFilter = {}): readonly Socket[] {
  using connection = openConnection({ protocol: "sock_diag", ...(netns !== undefined && { netns }) });
  return protocols.flatMap((protocol) =>
    protocol === "unix" ? unixSockets(connection) : inetSockets(connection, protocol),
  );
}

function inetSockets(connection: Connection, protocol: InetSocket["protocol"]): readonly Socket[] {
  return [AF_INET, AF_INET6].flatMap((family) =>
    connection
      .dump(`list ${protocol} sockets`, inetSocketsRequest(family, protocolNumbers[protocol]))
      .map(({ payload }) => inetSocketFromMessage(protocol, inetSocketMessage.decode(payload)))
      .filter((socket) => socket !== undefined),
  );
}

function unixSockets(connection: Connection): readonly Socket[] {
  return connection
    .dump("list unix sockets", unixSocketsRequest())
    .map(({ payload }) => unixSocketFromMessage(unixSocketMessage.decode(payload)));
}
