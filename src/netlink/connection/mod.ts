export type { Connection, ConnectionOptions, NetlinkProtocol, PipelineStep } from "./connection.ts";
export { type ExtendedAck, KernelError, type Refusal, TransactionError } from "./kernel-error.ts";
export type { Message, Request } from "./message.ts";
export { encodeRequest, splitMessages } from "./message-format.ts";
export { openConnection } from "./open-connection.ts";
