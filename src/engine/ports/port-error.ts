export type PortErrorKind =
  | "invalid" // the host has no such address
  | "conflict" // somebody has the port
  | "exhausted"; // no port of the range is free

/** Why a port is not published. The message is one sentence that names the port and who has it. */
export class PortError extends Error {
  override readonly name = "PortError";
  readonly kind: PortErrorKind;

  constructor(kind: PortErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
