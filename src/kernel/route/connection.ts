import type { RouteRequest } from "../../netlink/route/mod.ts";
import type { Step } from "./step.ts";

/** A message of the kernel, without its netlink header. */
export interface RouteReply {
  /** `RTM_*`. */
  readonly type: number;
  readonly payload: Uint8Array;
}

/** What the clients need of a netlink connection. All of it blocks, for some tens of microseconds. */
export interface RouteConnection {
  /** Sends a change and waits for its ack. */
  request(operation: string, request: RouteRequest): void;
  /** Asks for one thing. */
  query(operation: string, request: RouteRequest): RouteReply;
  /** Asks for all things of a kind; the connection repeats interrupted dumps. */
  dump(operation: string, request: RouteRequest): readonly RouteReply[];
  /** Sends many changes at once, and waits for all acks. */
  pipeline(steps: readonly Step[]): void;
}

/** Whether the kernel refused with this error number. */
export function hasErrno(error: unknown, errno: string): boolean {
  return error instanceof Error && "errno" in error && error.errno === errno;
}

/** The answer to a query, or `undefined` when the kernel says that there is no such thing. */
export function findReply(
  connection: RouteConnection,
  operation: string,
  request: RouteRequest,
  absent: string,
): RouteReply | undefined {
  try {
    return connection.query(operation, request);
  } catch (error) {
    if (hasErrno(error, absent)) return undefined;
    throw error;
  }
}

/** Sends one step. */
export function sendStep(connection: RouteConnection, { operation, request }: Step): void {
  connection.request(operation, request);
}
