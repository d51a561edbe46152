import { splitMessages } from "../../netlink/connection/mod.ts";
import { AF_BRIDGE, RTM_DELLINK } from "../../netlink/route/mod.ts";
import { type Netns, receiveWaiting } from "../../sys/mod.ts";
import { openNotificationSockets } from "../events/mod.ts";

/** Hears in a namespace which links are gone. */
export interface RemovalWatch extends Disposable {
  /** Numbers of those that went since the last call. */
  take(): readonly number[];
}

export function watchRemovals(netns: Netns): RemovalWatch {
  const sockets = openNotificationSockets({ route: ["link"] }, netns);
  return {
    take: () =>
      sockets.flatMap(({ fd }) =>
        receiveWaiting(fd).runs.flatMap((run) =>
          Array.from(splitMessages(run)).flatMap(({ type, payload }) => removedLink(type, payload) ?? []),
        ),
      ),
    [Symbol.dispose]() {
      for (const socket of sockets) socket[Symbol.dispose]();
    },
  };
}

/** The number of the link that a notification says is gone. */
export function removedLink(type: number, payload: Uint8Array): number | undefined {
  if (type !== RTM_DELLINK || payload.length < 8 || payload[0] === AF_BRIDGE) return undefined; // AF_BRIDGE: it left its bridge
  return new DataView(payload.buffer, payload.byteOffset).getInt32(4, true); // ifi_index
}
