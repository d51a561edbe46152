import type { OperationRequest } from "../../contract/mod.ts";
import type { TransportProtocol } from "../../net/mod.ts";
import type { PortBinding } from "./requests.ts";

/** Numbers of IP. Source: include/uapi/linux/in.h. */
const PROTOCOLS: Readonly<Record<number, TransportProtocol>> = { 6: "tcp", 17: "udp", 132: "sctp" };

/** @throws {SyntaxError} */
export function readPortBinding(binding: PortBinding): OperationRequest<"publishExternalPorts">["ports"][number] {
  const { Proto, Port, HostIP, HostPort, HostPortEnd } = binding;
  const protocol = PROTOCOLS[Proto];
  if (protocol === undefined) {
    throw new SyntaxError(`Cannot publish port ${Port} of protocol ${Proto}: want 6 (tcp), 17 (udp) or 132 (sctp)`);
  }
  const hostPorts = HostPort === undefined || HostPort === null || HostPort === 0 ? undefined : HostPort;
  const last = Math.max(HostPortEnd ?? 0, hostPorts ?? 0);
  return {
    protocol,
    ...(HostIP !== undefined && { hostAddress: HostIP }),
    ...(hostPorts !== undefined && { hostPorts: last > hostPorts ? `${hostPorts}-${last}` : `${hostPorts}` }),
    sandboxPorts: String(Port),
  };
}
