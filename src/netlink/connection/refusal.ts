import { errnoName } from "../../sys/mod.ts";
import { type Ack, decodeAck } from "./ack.ts";
import { type ExtendedAck, KernelError } from "./kernel-error.ts";
import type { Message, Request } from "./message.ts";
import { NLMSG_ERROR } from "./message-format.ts";

/**
 * What an ack says of the request that it answers: the error, or `undefined` when it went well.
 *
 * @param request Whose attributes the ack points at; `undefined` when it is of none in particular.
 */
export function refusalIn(message: Message, operation: string, request: Request | undefined): KernelError | undefined {
  if (isSuccess(message)) return undefined;
  const ack = decodeAck(message);
  if (ack.errorNumber === 0) return undefined;
  return new KernelError(operation, errnoName(ack.errorNumber), extendedAck(ack, request));
}

/** Nearly every ack: one without an error number, whose rest says nothing. */
export function isSuccess({ type, payload }: Message): boolean {
  if (type !== NLMSG_ERROR) return false;
  return payload.length >= 4 && payload[0] === 0 && payload[1] === 0 && payload[2] === 0 && payload[3] === 0;
}

function extendedAck(ack: Ack, request: Request | undefined): ExtendedAck {
  const nest = ack.missing?.nestOffset;
  const place = ack.offset ?? nest;
  const attribute = place === undefined || place < 0 ? undefined : request?.locate?.(place);
  const missing = ack.missing === undefined ? undefined : `attribute ${ack.missing.type} is missing`;
  const message = ack.message ?? missing;
  return { ...(message !== undefined && { message }), ...(attribute !== undefined && { attribute }) };
}

/** The error for a request whose ack never came. Whether the kernel did what we asked is not known. */
export function lostAnswer(operation: string, overrun: boolean): KernelError {
  if (overrun)
    return new KernelError(operation, "ENOBUFS", { message: "the answer did not fit in the receive buffer" });
  return new KernelError(operation, "EPROTO", { message: "the kernel sent no answer" });
}
