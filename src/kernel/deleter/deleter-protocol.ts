import type { ExtendedAck } from "../../netlink/connection/mod.ts";
import type { Errno } from "../../sys/mod.ts";

export type DeleterOrder =
  /** First of all. The descriptor of the namespace to work in is the main thread's, which keeps it open. */
  | { readonly kind: "open"; readonly netnsFd: number }
  /** With a descriptor, in the namespace that it opens; the main thread keeps it open until the report. */
  | { readonly kind: "delete"; readonly indexes: readonly number[]; readonly netnsFd?: number }
  | { readonly kind: "stop" };

export interface DeletionFailure {
  readonly index: number;
  readonly errno: Errno;
  readonly extack: ExtendedAck;
}

export type DeleterReport =
  | { readonly kind: "ready" }
  | { readonly kind: "open"; readonly portId: number }
  /** The kernel has acknowledged an order; what is not a failure is deleted. */
  | { readonly kind: "deleted"; readonly failures: readonly DeletionFailure[] };
