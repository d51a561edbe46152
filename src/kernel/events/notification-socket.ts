import { RtnetlinkGroup } from "../../netlink/route/mod.ts";
import {
  type FileDescriptor,
  type Netns,
  openNetlinkSocket,
  setNetlinkOption,
  setSocketBuffers,
} from "../../sys/mod.ts";
import type { NotificationSource } from "./notification.ts";

/** What to be told of: at least one. */
export interface WatchedGroups {
  /** Names of rtnetlink's multicast groups. */
  readonly route?: readonly (keyof typeof RtnetlinkGroup)[];
  /** Every change of a ruleset. */
  readonly nftables?: boolean;
  readonly conntrack?: readonly (keyof typeof ConntrackGroup)[];
}

/** Source: `enum nfnetlink_groups` in include/uapi/linux/netfilter/nfnetlink.h. */
export const ConntrackGroup = { new: 1, update: 2, destroy: 3 } as const;
const NFNLGRP_NFTABLES = 7;
/** The kernel doubles it. Some ten thousand changes before an overrun. */
const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;

export interface NotificationSocket extends Disposable {
  readonly source: NotificationSource;
  readonly fd: FileDescriptor;
}

/** Opens one socket for each source that has groups, in `netns` or where this thread is. From here nothing is missed. */
export function openNotificationSockets(
  groups: WatchedGroups,
  netns: Netns | undefined,
): readonly NotificationSocket[] {
  const wanted: readonly { source: NotificationSource; protocol: "route" | "netfilter"; groups: readonly number[] }[] =
    [
      { source: "route", protocol: "route", groups: (groups.route ?? []).map((name) => RtnetlinkGroup[name]) },
      { source: "nftables", protocol: "netfilter", groups: groups.nftables === true ? [NFNLGRP_NFTABLES] : [] },
      {
        source: "conntrack",
        protocol: "netfilter",
        groups: (groups.conntrack ?? []).map((name) => ConntrackGroup[name]),
      },
    ];
  using opened = new DisposableStack();
  const sockets: NotificationSocket[] = [];
  for (const { source, protocol, groups: numbers } of wanted) {
    if (numbers.length === 0) continue;
    const fd = opened.use(openNetlinkSocket(protocol, netns));
    setSocketBuffers(fd, { receive: RECEIVE_BUFFER_BYTES });
    for (const number of numbers) setNetlinkOption(fd, "addMembership", number);
    sockets.push({ source, fd, [Symbol.dispose]: () => fd[Symbol.dispose]() });
  }
  if (sockets.length === 0) throw new TypeError("Cannot watch the kernel: want at least one group");
  opened.move(); // the caller owns them
  return sockets;
}
