import { checkPortPublication, type PortPublication, parsePortPublication } from "../../model/mod.ts";
import { parseIpAddress, parsePort, parsePortRange, parseTransportProtocol } from "../../net/mod.ts";
import { checkKeys, type Warn } from "./check-keys.ts";
import { child, type Field, itemsOf, located, parsedOf, refuse, unexpected } from "./field.ts";
import { PORT_KEYS } from "./key-tables.ts";

/** A publication and where the file asks for it. */
export interface LocatedPublication {
  readonly publication: PortPublication;
  readonly field: Field;
}

/** Both forms; one that is given twice counts once. */
export function readPorts(field: Field | undefined, warn: Warn): readonly LocatedPublication[] {
  if (field === undefined) return [];
  const found = new Map<string, LocatedPublication>();
  for (const item of itemsOf(field, "a list of ports")) {
    const publication = readPort(item, warn);
    found.set(JSON.stringify(publication), { publication, field: item });
  }
  return [...found.values()];
}

function readPort(item: Field, warn: Warn): PortPublication {
  if (item.node.kind === "scalar") return parsedOf(item, parsePortPublication, 'a port, such as "8080:80"');
  if (item.node.kind === "list") throw unexpected(item, 'a port such as "8080:80", or a mapping with "target"');
  checkKeys(item, PORT_KEYS, warn);
  const target = child(item, "target");
  if (target === undefined) throw refuse(item, '"target" is missing: want the port in the sandbox');
  checkMode(item);
  const protocol = child(item, "protocol");
  const address = child(item, "host_ip");
  const published = child(item, "published");
  const hostAddress = address && parsedOf(address, (text) => parseIpAddress(text.replace(/^\[(.*)\]$/, "$1")));
  // An empty one, or 0, leaves the choice to the engine, as in the short form.
  const hostPorts =
    published &&
    parsedOf(published, (text) => (/^0?$/.test(text) ? undefined : parsePortRange(text)), "a port or a range");
  const port = parsedOf(target, parsePort, "a port");
  return located(item, () =>
    checkPortPublication({
      protocol: protocol === undefined ? "tcp" : parsedOf(protocol, parseTransportProtocol),
      ...(hostAddress !== undefined && { hostAddress }),
      ...(hostPorts !== undefined && { hostPorts }),
      sandboxPorts: { first: port, last: port },
    }),
  );
}

/** `ingress` and `host` are the same on one host. */
function checkMode(item: Field): void {
  const mode = child(item, "mode");
  if (mode === undefined || (mode.node.kind === "scalar" && ["host", "ingress"].includes(mode.node.text))) return;
  throw unexpected(mode, "host or ingress");
}

/** `expose` publishes nothing: sandboxes of a network reach all ports of one another. It is only checked. */
export function checkExpose(field: Field | undefined): void {
  if (field === undefined) return;
  for (const item of itemsOf(field, "a list of ports")) {
    parsedOf(item, (text) => {
      const [ports = "", protocol = "tcp", ...rest] = text.split("/");
      if (rest.length > 0) throw new SyntaxError(`Cannot parse ${JSON.stringify(text)}: want PORT[-LAST][/PROTOCOL]`);
      parseTransportProtocol(protocol);
      return parsePortRange(ports);
    });
  }
}
