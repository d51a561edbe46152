import type { IpFamily } from "../../../net/mod.ts";
import { option } from "../option.ts";
import { UsageError } from "../usage-error.ts";

/** `-4` and `-6`, as `ip` has them. */
export const familyOptions = {
  ipv4: option.flag("Only IPv4", { short: "4" }),
  ipv6: option.flag("Only IPv6", { short: "6" }),
};

/** @throws {UsageError} */
export function chooseFamily({ ipv4, ipv6 }: { readonly ipv4: boolean; readonly ipv6: boolean }): IpFamily | undefined {
  if (ipv4 && ipv6) throw new UsageError("Cannot use --ipv4 and --ipv6 together: without either, both are shown");
  return ipv4 ? "ipv4" : ipv6 ? "ipv6" : undefined;
}
