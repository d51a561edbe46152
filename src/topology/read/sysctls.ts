import type { YamlDocument } from "../../yaml-file/mod.ts";
import { FORWARDING_SYSCTLS, HOST } from "../state/mod.ts";
import type { PlaceFields } from "./links.ts";

/**
 * The sysctls of one place by path. A namespace forwards only when it says so: a new one would do as the host does.
 *
 * @throws {YamlFileError} for a sysctl that is not a network namespace's.
 */
export function readSysctls(document: YamlDocument, { name, path, input }: PlaceFields): ReadonlyMap<string, string> {
  const forwarding = input.forwarding ?? (name === HOST ? undefined : false);
  const sysctls = new Map<string, string>();
  if (forwarding !== undefined) for (const key of FORWARDING_SYSCTLS) sysctls.set(key, forwarding ? "1" : "0");
  for (const [key, value] of Object.entries(input.sysctls ?? {})) {
    const own = sysctlPath(key);
    const parts = own.split("/");
    if (parts[0] !== "net" || parts.length < 3 || parts.some((part) => part === "" || part === "." || part === "..")) {
      const wanted = "want one of net, such as net.ipv4.conf.all.rp_filter";
      throw document.refuse(
        [...path, "sysctls", key],
        `${JSON.stringify(key)} is no sysctl of a network namespace: ${wanted}`,
      );
    }
    if (input.forwarding !== undefined && FORWARDING_SYSCTLS.includes(own)) {
      throw document.refuse([...path, "sysctls", key], '"forwarding" says it already: want one of the two');
    }
    sysctls.set(own, typeof value === "boolean" ? String(Number(value)) : String(value).trim().replace(/\s+/g, "\t"));
  }
  return sysctls;
}

/** As sysctl(8): with dots, where a link's own dots are slashes; or with slashes from the beginning. */
function sysctlPath(key: string): string {
  const isSlashed = key.includes("/") && (!key.includes(".") || key.indexOf("/") < key.indexOf("."));
  return isSlashed ? key : key.replace(/[./]/g, (separator) => (separator === "." ? "/" : "."));
}
