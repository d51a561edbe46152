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
    super(`Cannot ${operation}: ${formatReason(errno, extack)}`);
    this.errno = errno;
    this.extack = extack;
  }

  /** Why alone, for who has better words for what was tried: `EINVAL: mtu less than device minimum`. */
  get reason(): string {
    return formatReason(this.errno, this.extack);
  }
}

function formatReason(errno: Errno, { message, attribute }: ExtendedAck): string {
  const detail = [message, attribute].filter((part) => part !== undefined).join(" at ");
  return detail === "" ? errno : `${errno}: ${detail}`;
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
