import { linkMessage, NLM_F_CREATE, NLM_F_EXCL, RTM_NEWLINK, routeRequest } from "../../netlink/route/mod.ts";
import { hasErrno, type RouteConnection, sendStep } from "./connection.ts";
import type { Step } from "./step.ts";

/** The kernel was built without links of a kind: no retry and no privilege helps. */
export class MissingLinkKindError extends Error {
  override readonly name = "MissingLinkKindError";
  /** As the kernel calls it: `ipvlan`. */
  readonly kind: string;
  readonly errno = "EOPNOTSUPP";

  /** @param cause What the kernel answered. */
  constructor(operation: string, kind: string, cause: unknown) {
    super(`Cannot ${operation}: this kernel lacks links of kind ${kind}`, { cause });
    this.kind = kind;
  }
}

/** Sends a creation, and says so when it failed because there are no links of the kind. */
export function sendCreation(connection: RouteConnection, kind: string, step: Step): void {
  try {
    sendStep(connection, step);
  } catch (error) {
    if (hasErrno(error, "EOPNOTSUPP") && !kernelHasKind(connection, kind)) {
      throw new MissingLinkKindError(step.operation, kind, error);
    }
    throw error;
  }
}

const TOO_MANY_QUEUES = 0x10000;

/**
 * Whether the kernel makes links of a kind; a module that has it is loaded. Nothing is made: the request is one that
 * __rtnl_newlink() in net/core/rtnetlink.c refuses after it found the kind. (The errno of a real creation does not tell:
 * `EOPNOTSUPP` also stands for an option that was not compiled in, such as a bridge's VLAN filtering.)
 */
export function kernelHasKind(connection: RouteConnection, kind: string): boolean {
  const request = routeRequest(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, linkMessage, {
    header: {},
    attributes: { numTxQueues: TOO_MANY_QUEUES, linkinfo: { kind } },
  });
  try {
    connection.request(`look for links of kind ${kind}`, request);
  } catch (error) {
    if (hasErrno(error, "EOPNOTSUPP")) return false;
    if (hasErrno(error, "EPERM")) throw error;
  }
  return true;
}
