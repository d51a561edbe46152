import type { NetworkDriverKind } from "../model/mod.ts";

/** What kind of refusal it was; each door has its own number for it. */
export const refusalKinds = [
  "invalid", // the request makes no sense, or names a field's value that cannot be
  "not-found",
  "conflict", // a name, address or port is taken
  "in-use", // it cannot go while others need it
  "exhausted", // addresses, ports or prefixes have run out
  "forbidden", // predefined things, missing privilege
  "unsupported", // this kernel or this version of Weft lacks it
  "unavailable", // the daemon is gone, stopping, or not ours to talk to
  "storage", // the disk is full, or the state cannot be read or written
  "kernel", // the kernel refused what should have worked
  "internal", // a defect of ours
] as const;
export type RefusalKind = (typeof refusalKinds)[number];

/**
 * What a refusal is about, for doors that have words of their own for it: Docker's clients match on Docker's. The kind and the
 * sentence are enough for everybody else.
 */
export type RefusalReason =
  | { readonly code: "unknown"; readonly what: RefusedObject; readonly reference: string }
  /** Several ids begin so. */
  | { readonly code: "ambiguous"; readonly what: RefusedObject; readonly reference: string; readonly matches: number }
  | { readonly code: "name-taken"; readonly what: RefusedObject; readonly name: string }
  /** A network that nobody makes or removes. */
  | { readonly code: "predefined"; readonly network: string }
  | {
      readonly code: "has-endpoints";
      readonly network: string;
      readonly endpoints: readonly { readonly sandbox: string; readonly id: string }[];
    }
  /** A network to be made after it must be one that only configures others. */
  | { readonly code: "not-template"; readonly network: string }
  /** Other networks were made after it. */
  | { readonly code: "has-followers"; readonly network: string }
  | { readonly code: "connected"; readonly network: string; readonly sandbox: string }
  | { readonly code: "not-connected"; readonly network: string; readonly sandbox: string }
  /** A network that a sandbox joins when it is made, or never. */
  | { readonly code: "not-attachable"; readonly network: string; readonly driver: NetworkDriverKind }
  /** The sandbox lives in a namespace that is not its own. */
  | { readonly code: "shared-namespace"; readonly sandbox: string }
  /** An address or a prefix: by the refusal's kind one that cannot be, one that is taken, or none is left. */
  | { readonly code: "address-space" };
export type RefusedObject = "network" | "sandbox";

/** What the engine answers when it does not do a thing. The message is one sentence that names field, value and what was expected. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly kind: RefusalKind;
  readonly reason: RefusalReason | undefined;

  constructor(
    kind: RefusalKind,
    message: string,
    { reason, ...options }: { readonly cause?: unknown; readonly reason?: RefusalReason | undefined } = {},
  ) {
    super(message, options);
    this.kind = kind;
    this.reason = reason;
  }
}
