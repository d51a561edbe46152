import type { Connection, ConnectionOptions } from "./connection.ts";
import { NetlinkConnection } from "./netlink-connection.ts";

export function openConnection(options: ConnectionOptions): Connection {
  return new NetlinkConnection(options);
}
