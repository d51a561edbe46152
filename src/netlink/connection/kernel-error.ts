import type { Errno } from "../../sys/mod.ts";

/** What the kernel said beyond the errno. Source: Documentation/userspace-api/netlink/intro.rst, "Extended ACK". */
export interface ExtendedAck {
  /** The kernel's own sentence, `NLMSGERR_ATTR_MSG`. */
  readonly message?: string;
  /** The attribute of our request that `NLMSGERR_ATTR_OFFS` points at, as a path: `IFLA_LINKINFO/IFLA_INFO_KIND`. */
  readonly attribute?: string;
}

/** A request that the kernel refused. */
export class KernelError extends Error {
  override readonly name: string = "KernelError";
  readonly errno: Errno;
  readonly extack: ExtendedAck;

  /** @param operation What we tried, as an infinitive: `create bridge "br0"`. */
  constructor(operation: string, errno: Errno, extack: ExtendedAck = {}) {
    const detail = [extack.message, extack.attribute].filter((part) => part !== undefined).join(" at ");
    super(`Cannot ${operation}: ${errno}${detail === "" ? "" : `: ${detail}`}`);
    this.errno = errno;
    this.extack = extack;
  }
}

/** The refusal of one message of a transaction. */
export interface Refusal {
  /** Of the message in the transaction; `undefined` when the kernel refused the transaction as a whole. */
  readonly index: number | undefined;
  readonly error: KernelError;
}

/** A transaction that the kernel refused, whole. Its errno, text and extended ack are those of the first refusal. */
export class TransactionError extends KernelError {
  override readonly name = "TransactionError";
  /** Every refusal, in the kernel's order; at least one. */
  readonly errors: readonly Refusal[];

  constructor(first: Refusal, errors: readonly Refusal[]) {
    super("apply a transaction", first.error.errno, first.error.extack);
    this.message = errors.length > 1 ? `${first.error.message} (and ${errors.length - 1} more)` : first.error.message;
    this.errors = errors;
  }

  /** Of the first message refused; `undefined` when the kernel refused the transaction as a whole. */
  get index(): number | undefined {
    return this.errors[0]?.index;
  }
}
