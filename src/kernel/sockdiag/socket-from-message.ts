import {
  AF_INET,
  AF_INET6,
  type InetSocketMessage,
  socketAddress,
  socketStates,
  socketTypes,
  type UnixSocketMessage,
} from "../../netlink/sockdiag/mod.ts";
import { parseLinkIndex } from "../objects/mod.ts";
import type { InetSocket, UnixSocket } from "./socket.ts";

/** `undefined` for families that are not IP. */
export function inetSocketFromMessage(
  protocol: InetSocket["protocol"],
  { header, attributes }: InetSocketMessage,
): InetSocket | undefined {
  const { family, destination, destinationPort, link } = header;
  if (family !== AF_INET && family !== AF_INET6) return undefined;
  const hasPeer = destinationPort !== 0 || destination.some((byte) => byte !== 0);
  return {
    protocol,
    family: family === AF_INET ? "ipv4" : "ipv6",
    state: socketStates[header.state] ?? "unknown",
    local: { address: socketAddress(family, header.source), port: header.sourcePort },
    ...(hasPeer && { remote: { address: socketAddress(family, destination), port: destinationPort } }),
    receiveQueue: header.receiveQueue,
    sendQueue: header.sendQueue,
    uid: header.uid,
    ...(header.inode !== 0 && { inode: header.inode }),
    ...(link > 0 && link <= 0x7fffffff && { link: parseLinkIndex(link) }),
    ...(attributes.skv6only !== undefined && family === AF_INET6 && { ipv6Only: attributes.skv6only !== 0 }),
    ...(attributes.mark !== undefined && attributes.mark !== 0 && { mark: attributes.mark }),
  };
}

export function unixSocketFromMessage({ header, attributes }: UnixSocketMessage): UnixSocket {
  const { peer, rqlen, uid } = attributes;
  return {
    protocol: "unix",
    type: socketTypes[header.type] ?? "stream",
    state: socketStates[header.state] ?? "unknown",
    ...unixName(attributes.name),
    receiveQueue: rqlen?.receiveQueue ?? 0,
    sendQueue: rqlen?.sendQueue ?? 0,
    ...(header.inode !== 0 && { inode: header.inode }),
    ...(peer !== undefined && peer !== 0 && { peer }),
    ...(uid !== undefined && { uid }),
  };
}

/** A path has a NUL at its end, an abstract name one at its beginning. Source: unix(7). */
function unixName(name: Uint8Array = new Uint8Array()): Pick<UnixSocket, "path" | "abstract"> {
  if (name.length === 0) return {};
  const decoder = new TextDecoder();
  if (name[0] === 0) return { abstract: decoder.decode(name.subarray(1)) };
  const end = name.indexOf(0);
  return { path: decoder.decode(end < 0 ? name : name.subarray(0, end)) };
}
