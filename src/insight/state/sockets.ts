import { openRouteClient } from "../../kernel/route/mod.ts";
import {
  type InetSocket,
  listSocketHolders,
  listSockets,
  type Socket,
  type SocketEnd,
  type SocketHolder,
  type SocketProtocol,
  type SocketState,
  type UnixSocket,
} from "../../kernel/sockdiag/mod.ts";
import type { IpFamily } from "../../net/mod.ts";
import type { Names, OpenPlace } from "../place/mod.ts";
import { linkNames } from "./links.ts";

/** One end, and what it is called. */
export interface NamedEnd extends SocketEnd {
  readonly name?: string;
}

interface SocketViewCommon {
  readonly state: SocketState;
  readonly receiveQueue: number;
  readonly sendQueue: number;
  readonly inode?: number;
  readonly uid?: number;
  /** Who has it open, of the processes that we may look into; a process may be in another namespace than its socket. */
  readonly processes: readonly SocketHolder[];
}

export interface InetSocketView extends SocketViewCommon {
  readonly protocol: "tcp" | "udp";
  readonly family: IpFamily;
  readonly local: NamedEnd;
  readonly remote?: NamedEnd;
  /** The link that it is bound to. */
  readonly link?: string;
  readonly ipv6Only?: boolean;
}

export interface UnixSocketView extends SocketViewCommon {
  readonly protocol: "unix";
  readonly type: UnixSocket["type"];
  readonly path?: string;
  readonly abstract?: string;
  /** The other end; it may have no name, but somebody has it. */
  readonly peer?: {
    readonly inode: number;
    readonly path?: string;
    readonly abstract?: string;
    readonly processes: readonly SocketHolder[];
  };
}

export type SocketView = InetSocketView | UnixSocketView;

/** The sockets of a place with their processes: those that wait for others first, then the rest, each by protocol and port. */
export function viewSockets(
  { netns }: Pick<OpenPlace, "netns">,
  names: Names,
  protocols?: readonly SocketProtocol[],
): readonly SocketView[] {
  const sockets = listSockets({ netns, ...(protocols !== undefined && { protocols }) });
  const holders = listSocketHolders();
  const links = sockets.some((socket) => socket.protocol !== "unix" && socket.link !== undefined)
    ? linksOf({ netns })
    : new Map<number, string>();
  const unix = new Map(
    sockets.flatMap((socket) =>
      socket.protocol === "unix" && socket.inode !== undefined ? [[socket.inode, socket] as const] : [],
    ),
  );
  const heldBy = (inode: number | undefined): readonly SocketHolder[] =>
    (inode === undefined ? undefined : holders.get(inode)) ?? [];
  return sockets
    .map(
      (socket): SocketView =>
        socket.protocol === "unix" ? viewUnix(socket, { unix, heldBy }) : viewInet(socket, { names, links, heldBy }),
    )
    .toSorted((a, b) => rank(a) - rank(b) || portOf(a) - portOf(b));
}

type HeldBy = (inode: number | undefined) => readonly SocketHolder[];

function viewInet(
  { local, remote, link, mark: _mark, ...rest }: InetSocket,
  {
    names,
    links,
    heldBy,
  }: { readonly names: Names; readonly links: ReadonlyMap<number, string>; readonly heldBy: HeldBy },
): InetSocketView {
  const linkName = link === undefined ? undefined : links.get(link);
  return {
    ...rest,
    local: nameEnd(local, names),
    ...(remote !== undefined && { remote: nameEnd(remote, names) }),
    ...(linkName !== undefined && { link: linkName }),
    processes: heldBy(rest.inode),
  };
}

function viewUnix(
  { peer, ...rest }: UnixSocket,
  { unix, heldBy }: { readonly unix: ReadonlyMap<number, UnixSocket>; readonly heldBy: HeldBy },
): UnixSocketView {
  const { path, abstract } = (peer === undefined ? undefined : unix.get(peer)) ?? {};
  return {
    ...rest,
    processes: heldBy(rest.inode),
    ...(peer !== undefined && {
      peer: {
        inode: peer,
        ...(path !== undefined && { path }),
        ...(abstract !== undefined && { abstract }),
        processes: heldBy(peer),
      },
    }),
  };
}

export function nameEnd(end: SocketEnd, names: Names): NamedEnd {
  const name = names.ofAddress(end.address);
  return { ...end, ...(name !== undefined && { name }) };
}

function linksOf({ netns }: Pick<OpenPlace, "netns">): ReadonlyMap<number, string> {
  using client = openRouteClient({ netns });
  return linkNames(client.links.summaries());
}

/** Whether it waits for whoever comes: a UDP socket without a peer does as well. */
export function isListening(socket: Pick<Socket, "protocol" | "state">): boolean {
  return socket.state === "listen" || (socket.protocol === "udp" && socket.state === "close");
}

const protocolOrder: readonly SocketProtocol[] = ["tcp", "udp", "unix"];

function rank(socket: SocketView): number {
  const place = protocolOrder.indexOf(socket.protocol);
  return (socket.protocol === "unix" ? 2 : 0) * 10 + (isListening(socket) ? 0 : 10) + place;
}

function portOf(socket: SocketView): number {
  return socket.protocol === "unix" ? 0 : socket.local.port;
}
