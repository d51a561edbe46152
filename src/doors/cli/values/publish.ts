import { checkPortPublication, type PortPublication, parsePortPublication } from "../../../model/mod.ts";
import { parseIpAddress, parsePortRange, parseTransportProtocol } from "../../../net/mod.ts";
import { parseAssignment } from "../option.ts";

/** `8080:80/tcp`, or Docker's long form `published=8080,target=80,protocol=tcp`. @throws {SyntaxError} */
export function parsePublish(text: string): PortPublication {
  return text.includes("=") ? parseLongForm(text) : parsePortPublication(text);
}

/** Source: docker/cli, opts/port.go. */
function parseLongForm(text: string): PortPublication {
  const known = ["target", "published", "protocol", "host-ip", "mode"];
  const values = new Map<string, string>();
  for (const part of text.split(",")) {
    const [key, value] = parseAssignment(part);
    if (!known.includes(key))
      throw new SyntaxError(`there is no key ${JSON.stringify(key)}, want one of ${known.join(", ")}`);
    values.set(key, value);
  }
  const target = values.get("target");
  if (target === undefined) throw new SyntaxError("target is missing, want target=PORT");
  const mode = values.get("mode") ?? "host";
  if (mode !== "host") throw new SyntaxError(`mode ${JSON.stringify(mode)} needs a swarm, want host`);
  const published = values.get("published");
  const address = values.get("host-ip");
  return checkPortPublication({
    protocol: parseTransportProtocol(values.get("protocol") ?? "tcp"),
    ...(address !== undefined && { hostAddress: parseIpAddress(address) }),
    ...(published !== undefined && published !== "0" && { hostPorts: parsePortRange(published) }),
    sandboxPorts: parsePortRange(target),
  });
}
