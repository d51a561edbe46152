import { createHash } from "node:crypto";
import type { ClientIdentity } from "../../dhcp/client/mod.ts";
import type { Endpoint, Network, Sandbox } from "../../model/mod.ts";
import { readMachineId } from "../machine-id.ts";

/**
 * Who an endpoint is to DHCP servers. Its id is made of this machine and the names of sandbox and network: a sandbox that is made
 * anew is an old friend, with the address that it had. RFC 4361: type 255, the interface's number, the machine's (a UUID, RFC 6355).
 */
export function clientIdentity(
  { mac }: Pick<Endpoint, "mac">,
  sandbox: Pick<Sandbox, "name" | "hostname">,
  network: Pick<Network, "name">,
): ClientIdentity {
  const digest = (...parts: readonly string[]): Uint8Array => createHash("sha256").update(parts.join("\0")).digest();
  const interfaceNumber = digest("weft network", network.name).subarray(0, 4);
  const machine = digest("weft sandbox", readMachineId(), sandbox.name).subarray(0, 16);
  return { mac, clientId: Uint8Array.of(255, ...interfaceNumber, 0, 4, ...machine), hostName: sandbox.hostname };
}
