import { ApiError } from "./api-error.ts";

/** A version of Docker's API as one number, so that it compares: 1.41 is 1041. */
export type ApiVersion = number;

/** What a client that names none gets, and the newest that one may name. */
export const NEWEST = "1.54";
const OLDEST = "1.24";

/** A path without its version, and the version: `/v1.41/networks`, `/networks`. */
export interface VersionedPath {
  readonly version: ApiVersion;
  readonly path: string;
}

/**
 * Takes the version off a path.
 *
 * @throws {ApiError} 400 for one that nobody serves, as Docker says it: a client reads the numbers out of the sentence.
 */
export function splitVersion(pathname: string): VersionedPath {
  const [, text = NEWEST, path = pathname] = /^\/v(\d+\.\d+)(\/.*)$/s.exec(pathname) ?? [];
  const version = apiVersion(text);
  if (version < apiVersion(OLDEST)) {
    throw new ApiError(
      400,
      `client version ${text} is too old. Minimum supported API version is ${OLDEST}, please upgrade your client to a newer version`,
    );
  }
  if (version > apiVersion(NEWEST)) {
    throw new ApiError(400, `client version ${text} is too new. Maximum supported API version is ${NEWEST}`);
  }
  return { version, path };
}

export function apiVersion(text: string): ApiVersion {
  const [major = 0, minor = 0] = text.split(".").map(Number);
  return major * 1000 + minor;
}

export const versionRange = { newest: NEWEST, oldest: OLDEST } as const;
