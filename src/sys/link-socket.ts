import { close } from "node:fs";
import { errnoNumbers } from "./errno.ts";
import { FileDescriptor } from "./file-descriptor.ts";
import { allocateKernelMemory } from "./kernel-memory.ts";
import { lastErrno, libc } from "./libc.ts";
import { linkIndexByName } from "./link-index.ts";
import { inNetns, type Netns } from "./netns.ts";
import { attachFilter, bindToLink, type FilterInstruction, sendToLink } from "./packet-socket.ts";
import { lastError, SystemCallError } from "./system-call-error.ts";

/** Source: include/linux/socket.h, include/uapi/linux/if_ether.h, include/uapi/linux/if_packet.h. */
const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const ETH_P_ALL = 0x0003;

/** Big enough for a frame of any link. */
const buffer = allocateKernelMemory(65_536);

/** A socket for single frames of one link, link-layer header included. Nothing blocks. */
export class LinkSocket implements Disposable {
  readonly #fd: FileDescriptor;

  /** @param fd A packet socket, bound to its link. */
  constructor(fd: FileDescriptor) {
    this.#fd = fd;
  }

  /** The next frame that came; `undefined` when there is none, also of a link that is gone. */
  receive(): Uint8Array | undefined {
    const count = Number(libc.recv(this.#fd.number, buffer.pointer, buffer.bytes.length, 0));
    return count > 0 ? buffer.bytes.slice(0, count) : undefined;
  }

  /** @throws {SystemCallError} `ENETDOWN`, `ENXIO` when the link is down or gone. */
  send(frame: Uint8Array): void {
    buffer.bytes.set(frame);
    const count = Number(libc.send(this.#fd.number, buffer.pointer, frame.length, 0));
    if (count < 0 && lastErrno() !== errnoNumbers.ENOBUFS) throw lastError("send", "send a frame");
  }

  [Symbol.dispose](): void {
    closeElsewhere(this.#fd);
  }
}

/** Sends single Ethernet frames out of any link of the namespace that it was opened in, and hears nothing. */
export class FrameSender implements Disposable {
  readonly #fd = openFrameSocket();

  /**
   * What finds no room is lost, as on a wire.
   *
   * @param link Index of the link. A bridge passes the frame on to all of its ports, and does not hear it itself.
   * @throws {SystemCallError} `ENETDOWN`, `ENXIO` when the link is down or gone.
   */
  send(link: number, frame: Uint8Array): void {
    buffer.bytes.set(frame);
    const count = sendToLink(this.#fd, link, buffer, frame.length);
    if (count < 0 && lastErrno() !== errnoNumbers.ENOBUFS)
      throw lastError("sendto", `send a frame out of link ${link}`);
  }

  [Symbol.dispose](): void {
    closeElsewhere(this.#fd);
  }
}

/** In another thread: the kernel waits there until no processor can be about to put a frame into the socket. */
function closeElsewhere(fd: FileDescriptor): void {
  if (fd.isOpen) close(fd.release(), () => {});
}

/** Protocol 0: nothing comes. */
function openFrameSocket(): FileDescriptor {
  const number = libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (number < 0) throw lastError("socket", "open a packet socket");
  return new FileDescriptor(number);
}

export interface LinkSocketSpec {
  readonly netns: Netns;
  /** Its name. */
  readonly link: string;
  /** Which frames come, and how many bytes of each: what the program answers. Absent: none. */
  readonly filter?: readonly FilterInstruction[];
}

/** @throws {SystemCallError} `EPERM` without CAP_NET_RAW; `ENODEV` when there is no such link. */
export function openLinkSocket({ netns, link, filter }: LinkSocketSpec): LinkSocket {
  using opened = new DisposableStack();
  const fd = opened.use(inNetns(netns, openFrameSocket)); // and nothing before the filter is there
  const index = linkIndexByName(fd, link);
  if (index === undefined) throw new SystemCallError("ioctl", `find link ${JSON.stringify(link)}`, "ENODEV");
  if (filter !== undefined) attachFilter(fd, filter);
  bindToLink(fd, index, filter === undefined ? 0 : ETH_P_ALL);
  opened.move();
  return new LinkSocket(fd);
}
