/** Codes of the specification's table, and 8 and 999 of its library. */
export const CniErrorCode = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  unknownContainer: 3,
  invalidEnvironment: 4,
  io: 5,
  decoding: 6,
  invalidConfig: 7,
  invalidNetns: 8,
  tryAgain: 11,
  notAvailable: 50,
  limited: 51,
  internal: 999,
  /** Ours: from 100 on they are the plugin's own. */
  exists: 100,
  exhausted: 101,
  taken: 102,
  changed: 103,
} as const;

/** What a runtime is told when a call fails. */
export class CniError extends Error {
  override readonly name = "CniError";
  readonly code: number;
  readonly details: string;

  constructor(code: number, message: string, details = "") {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** A key of the configuration is wrong. */
export function configError(key: string, problem: string): CniError {
  return new CniError(CniErrorCode.invalidConfig, `invalid network config: ${key}: ${problem}`);
}

/** A key asks for what is not served. */
export function unsupportedField(key: string, value: unknown): CniError {
  return new CniError(
    CniErrorCode.unsupportedField,
    `unsupported field in network configuration: ${key}: ${JSON.stringify(value)}`,
  );
}
