import { type IpFamily, prefixFamily } from "../../net/mod.ts";
import type { FieldPath, YamlDocument } from "../../yaml-file/mod.ts";
import { HOST, type TopologyRule } from "../state/mod.ts";
import type { PlaceFields } from "./links.ts";
import type { RuleInput } from "./schema.ts";

/** Before the main table's, which has 32766. */
const FIRST_PRIORITY = 10_000;

/** The routing rules of one place; one without a family is two. @throws {YamlFileError} */
export function readRules(document: YamlDocument, place: PlaceFields): readonly TopologyRule[] {
  return (place.input.rules ?? []).flatMap((input, index) => {
    const path = [...place.path, "rules", index];
    for (const key of ["in", "out"] as const) {
      const link = input[key];
      if (link !== undefined && link !== "lo" && place.name !== HOST && place.input.links?.[link] === undefined) {
        throw document.refuse([...path, key], `${place.name} has no link ${JSON.stringify(link)}`);
      }
    }
    return families(document, input, path).map((family) => ({
      family,
      priority: input.priority ?? FIRST_PRIORITY + index,
      table: input.table,
      ...(input.from !== undefined && { source: input.from }),
      ...(input.to !== undefined && { destination: input.to }),
      ...(input.mark !== undefined && { mark: input.mark }),
      ...(input.in !== undefined && { incoming: input.in }),
      ...(input.out !== undefined && { outgoing: input.out }),
    }));
  });
}

function families(document: YamlDocument, { from, to, family }: RuleInput, path: FieldPath): readonly IpFamily[] {
  const said = [from, to].filter((prefix) => prefix !== undefined).map(prefixFamily);
  const all = [...new Set([...said, ...(family === undefined ? [] : [family])])];
  if (all.length > 1) throw document.refuse(path, "it has prefixes of both families: want a rule for each");
  return all.length === 1 ? all : ["ipv4", "ipv6"];
}
