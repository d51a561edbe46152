import {
  attr,
  attributes,
  type Codec,
  codec,
  type Infer,
  type InferInput,
  rawBytes,
  struct,
  u8,
  u16,
  u32,
  u64,
} from "../../wire/mod.ts";

/** `struct unix_diag_req`. Source of all here: include/uapi/linux/unix_diag.h. */
const unixQuestion = struct("unix_diag_req", {
  family: u8,
  protocol: u8,
  pad: u16,
  states: u32, // bit n: those in state n
  inode: u32,
  show: u32, // UnixShow
  cookie: u64,
});

/** What to tell beside what a message has anyway: `UDIAG_SHOW_*`. */
export const UnixShow = { name: 1, vfs: 2, peer: 4, connections: 8, queue: 0x10, memory: 0x20, uid: 0x40 } as const;

const unixHeader = struct("unix_diag_msg", { family: u8, type: u8, state: u8, pad: u8, inode: u32, cookie: u64 });

/** `UNIX_DIAG_*`. */
const unixAttributes = attributes("UNIX_DIAG", {
  name: attr(0, rawBytes), // a path with its NUL, or a NUL and an abstract name
  vfs: attr(1, struct("unix_diag_vfs", { inode: u32, device: u32 })),
  peer: attr(2, u32), // inode
  icons: attr(3, rawBytes), // inodes of connections that wait
  rqlen: attr(4, struct("unix_diag_rqlen", { receiveQueue: u32, sendQueue: u32 })),
  meminfo: attr(5, rawBytes),
  shutdown: attr(6, u8),
  uid: attr(7, u32),
});

export type UnixSocketQuestion = InferInput<typeof unixQuestion>;
export interface UnixSocketMessage {
  readonly header: Infer<typeof unixHeader>;
  readonly attributes: Infer<typeof unixAttributes>;
}
export interface UnixSocketMessageInput {
  readonly header: InferInput<typeof unixHeader>;
  readonly attributes: InferInput<typeof unixAttributes>;
}

/** The payload of a question about unix sockets. */
export const unixSocketQuestion: Codec<Infer<typeof unixQuestion>, UnixSocketQuestion> = unixQuestion;

/** What the kernel says of one unix socket. */
export const unixSocketMessage: Codec<UnixSocketMessage, UnixSocketMessageInput> = codec<
  UnixSocketMessage,
  UnixSocketMessageInput
>({
  write(writer, { header, attributes }) {
    unixHeader.write(writer, header);
    unixAttributes.write(writer, attributes);
  },
  read: (reader) => ({ header: unixHeader.read(reader), attributes: unixAttributes.read(reader) }),
});
