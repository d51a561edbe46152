import { FileDescriptor, pollReadable, receiveDatagram } from "../../sys/mod.ts";
import type { EventsOrder, EventsReport } from "./events-protocol.ts";

/** The thread that waits for the kernel's notifications, and does nothing else: it blocks in the kernel, not in Bun's loop. */
declare const self: Worker;

/** So that a flood reaches the main thread in parts, and other sources get their turn. */
const DATAGRAMS_AT_ONCE = 512;

function report(message: EventsReport): void {
  self.postMessage(message);
}

function follow({ sockets, stopFd }: EventsOrder): void {
  const sources = sockets.map(({ source, fd }) => ({ source, fd: new FileDescriptor(fd) }));
  const fds = [stopFd, ...sockets.map(({ fd }) => fd)];
  for (;;) {
    const readable = pollReadable(fds, -1);
    if (readable.includes(0)) return;
    for (const index of readable) {
      const socket = sources[index - 1];
      if (socket === undefined) continue;
      report({ kind: "received", source: socket.source, ...receiveSome(socket.fd) });
    }
  }
}

function receiveSome(fd: FileDescriptor): { readonly datagrams: readonly Uint8Array[]; readonly overrun: boolean } {
  const datagrams: Uint8Array[] = [];
  let overrun = false;
  while (datagrams.length < DATAGRAMS_AT_ONCE) {
    const datagram = receiveDatagram(fd, { wait: false });
    if (datagram === "none") break;
    if (datagram === "overrun") overrun = true;
    else datagrams.push(datagram);
  }
  return { datagrams, overrun };
}

self.onmessage = (event: MessageEvent<EventsOrder>) => {
  follow(event.data);
  report({ kind: "stopped" });
  self.onmessage = null; // nothing is left to wait for: the thread ends
};
report({ kind: "ready" });
