/** Why something is not done: `taken` and `exhausted` may be otherwise later, `exists` and `invalid` not. */
export type AttachmentErrorKind = "exists" | "taken" | "exhausted" | "invalid" | "missing" | "namespace";

/** A refusal of one sentence, without "Cannot". Nothing half-made stays. */
export class AttachmentError extends Error {
  override readonly name = "AttachmentError";
  readonly kind: AttachmentErrorKind;

  constructor(kind: AttachmentErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
