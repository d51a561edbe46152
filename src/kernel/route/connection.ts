import { type Connection, KernelError, type Message } from "../../netlink/connection/mod.ts";
import type { RouteRequest } from "../../netlink/route/mod.ts";
import type { Step } from "./step.ts";

/** What the clients need of a netlink connection. All of it blocks, for some tens of microseconds. */
export type RouteConnection = Pick<Connection, "request" | "query" | "dump" | "pipeline" | "linkIndex">;

/** What a decoder needs of a message. */
export type RouteMessageBytes = Pick<Message, "type" | "payload">;

/** Whether the kernel refused with this error number. */
export function hasErrno(error: unknown, errno: KernelError["errno"]): boolean {
  return error instanceof KernelError && error.errno === errno;
}

/** Asks for one thing, and gives the payload of the one answer. */
export function queryOne(connection: RouteConnection, operation: string, request: RouteRequest): Uint8Array {
  const [message] = connection.query(operation, request);
  if (message === undefined) throw new Error(`Cannot ${operation}: the kernel acknowledged without an answer`);
  return message.payload;
}

/** Sends one step. */
export function sendStep(connection: RouteConnection, { operation, request }: Step): void {
  connection.request(operation, request);
}
