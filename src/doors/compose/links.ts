import { type DnsName, parseDnsName } from "../../model/mod.ts";
import type { Warn } from "./check-keys.ts";
import { formatPosition } from "./compose-error.ts";
import type { ComposeAttachment, ComposeService } from "./compose-project.ts";
import { type Field, itemsOf, parsedOf, refuse } from "./field.ts";

/** `SERVICE[:ALIAS]`. */
export interface Link {
  readonly service: string;
  readonly alias?: DnsName;
  readonly field: Field;
}

export function readLinks(field: Field | undefined): readonly Link[] {
  if (field === undefined) return [];
  return itemsOf(field, "a list of services").map((item) =>
    parsedOf(item, (text): Link => {
      const [service = "", alias, ...rest] = text.split(":");
      if (service === "" || rest.length > 0) {
        throw new SyntaxError(`Cannot parse link ${JSON.stringify(text)}: want SERVICE or SERVICE:ALIAS`);
      }
      return { service, ...(alias !== undefined && alias !== service && { alias: parseDnsName(alias) }), field: item };
    }),
  );
}

interface Linked {
  readonly service: Omit<ComposeService, "dependencies">;
  readonly links: readonly Link[];
}

/**
 * Makes link aliases names of the linked service on the networks that both are on. Docker lets only the linking service see them; here the
 * whole network does, which a warning says, and a name that another service of that network has is refused.
 */
export function applyLinks<T extends Linked>(services: readonly T[], warn: Warn): readonly T[] {
  const attachments = new Map(services.map(({ service }) => [service.name, attachmentsOf(service)]));
  for (const { service, links } of services) {
    const own = attachmentsOf(service).map(({ network }) => network);
    for (const link of links) {
      const target = attachments.get(link.service) ?? [];
      const shared = target.filter(({ network }) => own.includes(network)).map(({ network }) => network);
      if (shared.length === 0) {
        throw refuse(link.field, `${JSON.stringify(link.service)} is on no network of this service: want a common one`);
      }
      if (link.alias === undefined) continue;
      const alias = link.alias;
      checkFree(link, alias, { shared, attachments });
      warn(
        `${formatPosition(link.field.node.position)}: ${link.field.path}: the alias ${JSON.stringify(alias)} is known to all services of ` +
          `${shared.join(", ")}, not to ${JSON.stringify(service.name)} alone`,
      );
      const widened = target.map((attachment) =>
        shared.includes(attachment.network)
          ? { ...attachment, aliases: [...new Set([...attachment.aliases, alias])] }
          : attachment,
      );
      attachments.set(link.service, widened);
    }
  }
  return services.map((entry) => {
    const { networking } = entry.service;
    if (networking.kind !== "networks") return entry;
    const found = attachments.get(entry.service.name) ?? networking.attachments;
    return { ...entry, service: { ...entry.service, networking: { kind: "networks", attachments: found } } };
  });
}

function checkFree(
  link: Link,
  alias: DnsName,
  {
    shared,
    attachments,
  }: { shared: readonly string[]; attachments: ReadonlyMap<string, readonly ComposeAttachment[]> },
): void {
  for (const [name, others] of attachments) {
    if (name === link.service) continue;
    const clash = others.find(({ network, aliases }) => shared.includes(network) && aliases.includes(alias));
    if (clash === undefined) continue;
    throw refuse(
      link.field,
      `${JSON.stringify(alias)} is a name of service ${JSON.stringify(name)} on network ${clash.network}: want another alias`,
    );
  }
}

function attachmentsOf(service: Linked["service"]): readonly ComposeAttachment[] {
  return service.networking.kind === "networks" ? service.networking.attachments : [];
}
