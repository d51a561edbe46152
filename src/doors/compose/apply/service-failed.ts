/** A service did not become what others wait for. */
export class ServiceFailed extends Error {
  override readonly name = "ServiceFailed";
  readonly service: string;
  /** The end of what it wrote; empty when it wrote nothing. */
  readonly lines: readonly string[];

  constructor(service: string, reason: string, lines: readonly string[]) {
    const log =
      lines.length === 0 ? "it wrote nothing" : `its last lines:\n${lines.map((line) => `  ${line}`).join("\n")}`;
    super(`Cannot bring up service ${service}: it ${reason}; ${log}`);
    this.service = service;
    this.lines = lines;
  }
}
