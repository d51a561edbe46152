import type { IpAddress } from "../net/mod.ts";
import { parseDnsName } from "./identity.ts";

/** What stands in a sandbox's /etc/resolv.conf. */
export interface ResolverSettings {
  /** Asked from inside the sandbox, in place of the host's servers. */
  readonly servers: readonly IpAddress[];
  /** In place of the host's; `.` stands for none. */
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** `.` is Docker's way to say: no search domain. */
export const NO_SEARCH_DOMAIN = ".";

/** A domain in lower case, without the dot that may end it. @throws {SyntaxError} */
export function parseSearchDomain(text: string): string {
  return text === NO_SEARCH_DOMAIN ? text : parseDnsName(text.replace(/\.$/, ""));
}

/** An option as resolv.conf(5) has them; which there are is libc's affair. @throws {SyntaxError} */
export function parseResolverOption(text: string): string {
  if (!/^[\x21-\x7e]{1,64}$/.test(text)) {
    throw new SyntaxError(
      `Cannot parse resolver option ${JSON.stringify(text)}: want one word of at most 64 characters, such as ndots:1`,
    );
  }
  return text;
}
