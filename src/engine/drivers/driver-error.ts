/** A network or an endpoint that a driver cannot serve. The message is one sentence that names field, value and what was expected. */
export class DriverError extends Error {
  override readonly name = "DriverError";
  /** `unsupported`: this kernel lacks it. */
  readonly kind: "invalid" | "conflict" | "not-found" | "unsupported";

  constructor(kind: DriverError["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}
