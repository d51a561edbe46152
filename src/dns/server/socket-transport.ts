import {
  closeDescriptor,
  connectSocket,
  openTcpSocket,
  openUdpSocket,
  pendingSocketError,
  receiveBytes,
  SystemCallError,
  sendBytes,
} from "../../sys/mod.ts";
import type { ExchangeHandlers, Upstream, UpstreamTransport } from "../resolver/mod.ts";
import type { EventLoop } from "./event-loop.ts";
import { frameMessage, MessageStream } from "./message-stream.ts";

const MAX_REPLY_BYTES = 65_535;

/**
 * Exchanges over sockets of the loop. Each has a socket of its own, connected, so that the kernel picks an unpredictable source port,
 * takes datagrams of that peer alone, and tells of "port unreachable" at once.
 */
export class SocketTransport implements UpstreamTransport {
  readonly #loop: EventLoop;

  constructor(loop: EventLoop) {
    this.#loop = loop;
  }

  exchange(protocol: "udp" | "tcp", upstream: Upstream, message: Uint8Array, handlers: ExchangeHandlers): () => void {
    const fd = openConnected(protocol, upstream);
    if (fd === undefined) return this.#loop.after(0, () => handlers.failed());
    let open = true;
    const close = (): void => {
      if (!open) return;
      open = false;
      this.#loop.unwatch(fd);
      closeDescriptor(fd);
    };
    if (protocol === "udp") this.#exchangeUdp(fd, message, handlers);
    else this.#exchangeTcp(fd, message, handlers);
    return close;
  }

  #exchangeUdp(fd: number, message: Uint8Array, handlers: ExchangeHandlers): void {
    // An error of the send (no route yet, peer refused the last one) is reported by the socket's next event as well.
    const sent = sendBytes(fd, message) === message.length;
    this.#loop.watch(fd, sent ? { readable: true } : { readable: true, writable: true }, () => {
      const received = sent ? receiveBytes(fd) : "closed";
      if (received === "closed") handlers.failed();
      else if (received !== "again") handlers.message(received.slice());
    });
  }

  #exchangeTcp(fd: number, message: Uint8Array, handlers: ExchangeHandlers): void {
    const stream = new MessageStream(MAX_REPLY_BYTES);
    let unsent = frameMessage(message);
    this.#loop.watch(fd, { readable: true, writable: true }, ({ readable, writable }) => {
      if (unsent.length > 0) {
        if (!writable) return;
        const count = pendingSocketError(fd) === 0 ? sendBytes(fd, unsent) : -1;
        if (count < 0) {
          handlers.failed();
          return;
        }
        unsent = unsent.subarray(count);
        if (unsent.length === 0) this.#loop.change(fd, { readable: true });
        return;
      }
      if (!readable) return;
      const received = receiveBytes(fd);
      if (received === "again") return;
      const messages = received === "closed" ? undefined : stream.push(received);
      if (messages === undefined) {
        handlers.failed();
        return;
      }
      const [first] = messages;
      if (first !== undefined) handlers.message(first);
    });
  }
}

/** `undefined` when the namespace is gone, there is no route, or no descriptor is left. */
function openConnected(protocol: "udp" | "tcp", upstream: Upstream): number | undefined {
  const family = upstream.address.length === 4 ? "ipv4" : "ipv6";
  let fd: number | undefined;
  try {
    fd = upstream.inPlace(() => (protocol === "udp" ? openUdpSocket(family) : openTcpSocket(family)));
    const { address, port, scope } = upstream;
    connectSocket(fd, { bytes: address, port, ...(scope !== undefined && { scope }) });
    return fd;
  } catch (error) {
    if (fd !== undefined) closeDescriptor(fd);
    if (error instanceof SystemCallError) return undefined;
    throw error;
  }
}
