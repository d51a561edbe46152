import { ApiError } from "./api-error.ts";

/** A version of Docker's API as one number, so that it compares: 1.41 is 1041. */
export type ApiVersion = number;

/** A client that names none gets the newest. */
export const versionRange = { oldest: "1.24", newest: "1.54" } as const;

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
  const [, text = versionRange.newest, path = pathname] = /^\/v(\d+\.\d+)(\/.*)$/s.exec(pathname) ?? [];
  const version = apiVersion(text);
  if (version < apiVersion(versionRange.oldest)) {
    throw new ApiError(
      400,
      `client version ${text} is too old. Minimum supported API version is ${versionRange.oldest}, please upgrade your client to a newer version`,
    );
  }
  if (version > apiVersion(versionRange.newest)) {
    throw new ApiError(
      400,
      `client version ${text} is too new. Maximum supported API version is ${versionRange.newest}`,
    );
  }
  return { version, path };
}

export function apiVersion(text: string): ApiVersion {
  const [major = 0, minor = 0] = text.split(".").map(Number);
  return major * 1000 + minor;
}
