import { CniError, CniErrorCode } from "./cni-error.ts";

/** Versions of the specification that results can be worded in, oldest first. */
export const SUPPORTED_VERSIONS = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"] as const;
export type CniVersion = (typeof SUPPORTED_VERSIONS)[number];

/** A configuration without a version is of the first. @throws {CniError} 1 */
export function parseVersion(text: string | undefined): CniVersion {
  const wanted = text === undefined || text === "" ? "0.1.0" : text;
  const found = SUPPORTED_VERSIONS.find((version) => version === wanted);
  if (found !== undefined) return found;
  throw new CniError(
    CniErrorCode.incompatibleVersion,
    "incompatible CNI versions",
    `config is ${JSON.stringify(text)}, plugin supports ${JSON.stringify(SUPPORTED_VERSIONS)}`,
  );
}

export function isAtLeast(version: CniVersion, least: CniVersion): boolean {
  return SUPPORTED_VERSIONS.indexOf(version) >= SUPPORTED_VERSIONS.indexOf(least);
}
