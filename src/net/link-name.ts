import type { Brand } from "../lib/mod.ts";

/**
 * A network interface's name: 1 to 15 bytes, no white space, `/` or `:`. Source: dev_valid_name() in net/core/dev.c,
 * and sysctl_dev_name_is_allowed() in include/linux/inetdevice.h. The kernel would
 * take control characters too; we do not, since names are printed on terminals.
 */
export type LinkName = Brand<string, "LinkName">;

/** @throws {SyntaxError} names the text and what was wanted. */
export function parseLinkName(text: string): LinkName {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes < 1 || bytes > 15) {
    throw new SyntaxError(`Cannot parse interface name ${JSON.stringify(text)}: want 1 to 15 bytes, it has ${bytes}`);
  }
  if (text === "." || text === ".." || /[\s/:%\p{Cc}]/u.test(text)) {
    throw new SyntaxError(
      `Cannot parse interface name ${JSON.stringify(text)}: want no white space, control character, "/", ":" or "%", and not "." or ".."`,
    );
  }
  if (text === "all" || text === "default") {
    throw new SyntaxError(
      `Cannot parse interface name ${JSON.stringify(text)}: it means every interface in sysctls, want another`,
    );
  }
  return text as LinkName;
}
