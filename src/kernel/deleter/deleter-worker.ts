import { unreachable } from "../../lib/mod.ts";
import { type Connection, openConnection } from "../../netlink/connection/mod.ts";
import { FileDescriptor, inNetns, joinNetns, Netns } from "../../sys/mod.ts";
import { deleteLinks } from "./delete-links.ts";
import type { DeleterOrder, DeleterReport, DeletionFailure } from "./deleter-protocol.ts";

/** A thread that may be blocked while the kernel deletes links. */
declare const self: Worker;

let connection: Connection | undefined;

function report(message: DeleterReport): void {
  self.postMessage(message);
}

self.onmessage = (event: MessageEvent<DeleterOrder>) => {
  const order = event.data;
  switch (order.kind) {
    case "open":
      joinNetns(new Netns(new FileDescriptor(order.netnsFd)));
      connection = openConnection({ protocol: "route" });
      return report({ kind: "open", portId: connection.portId });
    case "delete":
      if (connection === undefined) throw new Error("Cannot delete links: no connection was opened");
      return report({ kind: "deleted", failures: deleteIn(order.netnsFd, connection, order.indexes) });
    case "stop":
      connection?.[Symbol.dispose]();
      self.onmessage = null; // nothing is left to wait for: the thread ends
      return;
    default:
      unreachable(order);
  }
};

/** The descriptor stays the main thread's: nothing here closes it. */
function deleteIn(
  netnsFd: number | undefined,
  own: Connection,
  indexes: readonly number[],
): readonly DeletionFailure[] {
  if (netnsFd === undefined) return deleteLinks(own, indexes);
  return inNetns(new Netns(new FileDescriptor(netnsFd)), () => {
    using connection = openConnection({ protocol: "route" });
    return deleteLinks(connection, indexes);
  });
}

report({ kind: "ready" });
