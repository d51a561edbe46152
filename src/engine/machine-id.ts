import { readFileSync } from "node:fs";

/** What tells this machine from all others: /etc/machine-id, or on a minimal system the boot's id. */
export function readMachineId(): string {
  for (const path of ["/etc/machine-id", "/proc/sys/kernel/random/boot_id"]) {
    try {
      return readFileSync(path, "utf8").trim();
    } catch {
      // a minimal system has no machine-id: the boot's will do
    }
  }
  return "weft";
}
