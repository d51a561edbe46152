/** Docker's name of it. Source: moby, daemon/libnetwork/ipamapi/labels.go. */
const SERIAL = "com.docker.network.ipam.serial";

export interface IpamOptions {
  /** An address that comes back is handed out again only when all others have been. */
  readonly serial: boolean;
}

/** @throws {SyntaxError} names the key, the value and what was wanted. */
export function parseIpamOptions(options: Readonly<Record<string, string>>): IpamOptions {
  const unknown = Object.keys(options).find((key) => key !== SERIAL);
  if (unknown !== undefined) {
    throw new SyntaxError(`Cannot use address allocation option ${JSON.stringify(unknown)}: want ${SERIAL}`);
  }
  const serial = options[SERIAL] ?? "false";
  if (serial !== "true" && serial !== "false") {
    throw new SyntaxError(`Cannot use address allocation option ${SERIAL}=${serial}: want true or false`);
  }
  return { serial: serial === "true" };
}
