import type { PortPublication } from "../../../model/mod.ts";
import { parsePortRange, parseTransportProtocol } from "../../../net/mod.ts";

/** Ports that a program serves, for `--publish-all`: `80`, `8000-8010/udp`. */
export type ExposedPorts = Pick<PortPublication, "protocol" | "sandboxPorts">;

/** @throws {SyntaxError} */
export function parseExposed(text: string): ExposedPorts {
  const [ports = "", protocol = "tcp", ...rest] = text.split("/");
  if (rest.length > 0) throw new SyntaxError("want PORT[-LAST][/tcp|udp|sctp], such as 80 or 53/udp");
  return { protocol: parseTransportProtocol(protocol), sandboxPorts: parsePortRange(ports) };
}

/** Those exposed ports that no publication names already: each gets a free port of the host, as with Docker. */
export function publishExposed(
  exposed: readonly ExposedPorts[],
  published: readonly PortPublication[],
): readonly PortPublication[] {
  const isPublished = ({ protocol, sandboxPorts }: ExposedPorts): boolean =>
    published.some(
      (other) =>
        other.protocol === protocol &&
        other.sandboxPorts.first <= sandboxPorts.first &&
        other.sandboxPorts.last >= sandboxPorts.last,
    );
  return exposed.filter((ports) => !isPublished(ports));
}
