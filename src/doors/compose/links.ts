import { type DnsName, parseDnsName } from "../../model/mod.ts";
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

/** Makes links part of the linking service's attachments, on the networks that both services are on. */
export function applyLinks<T extends Linked>(services: readonly T[]): readonly T[] {
  const attachments = new Map(services.map(({ service }) => [service.name, attachmentsOf(service)]));
  return services.map((entry) => {
    const { networking } = entry.service;
    const aliases = entry.links.flatMap((link) => {
      const theirs = attachments.get(link.service) ?? [];
      const shared = attachmentsOf(entry.service).filter(({ network }) =>
        theirs.some((each) => each.network === network),
      );
      if (shared.length === 0) {
        throw refuse(link.field, `${JSON.stringify(link.service)} is on no network of this service: want a common one`);
      }
      const { alias } = link;
      const name = parsedOf(link.field, () => parseDnsName(link.service));
      return alias === undefined ? [] : shared.map(({ network }) => ({ network, link: { name, alias } }));
    });
    if (networking.kind !== "networks" || aliases.length === 0) return entry;
    const linked = networking.attachments.map((attachment): ComposeAttachment => {
      const links = aliases.flatMap(({ network, link }) => (network === attachment.network ? [link] : []));
      return links.length === 0 ? attachment : { ...attachment, links };
    });
    return { ...entry, service: { ...entry.service, networking: { kind: "networks", attachments: linked } } };
  });
}

function attachmentsOf(service: Linked["service"]): readonly ComposeAttachment[] {
  return service.networking.kind === "networks" ? service.networking.attachments : [];
}
