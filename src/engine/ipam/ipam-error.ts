export type IpamErrorKind =
  | "invalid" // a value that cannot be
  | "conflict" // taken
  | "exhausted"; // nothing is left

/** Why there is no such subnet or address. The message is one sentence that names field, value and what was expected. */
export class IpamError extends Error {
  override readonly name = "IpamError";
  readonly kind: IpamErrorKind;

  constructor(kind: IpamErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
