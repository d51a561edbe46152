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

/** What the engine answers when it does not do a thing. The message is one sentence that names field, value and what was expected. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}
