import { checkKeys, type Warn } from "./check-keys.ts";
import type { ComposeDependency, DependencyCondition } from "./compose-project.ts";
import { booleanOf, child, entriesOf, type Field, itemsOf, textOf, unexpected } from "./field.ts";
import { DEPENDENCY_KEYS } from "./key-tables.ts";

/** A dependency and the place that names it. */
export interface LocatedDependency extends ComposeDependency {
  readonly field: Field;
}

const CONDITIONS = ["service_started", "service_healthy", "service_completed_successfully"] as const;

/** `depends_on` in both forms. */
export function readDependsOn(field: Field | undefined, warn: Warn): readonly LocatedDependency[] {
  if (field === undefined) return [];
  if (field.node.kind === "list") {
    return itemsOf(field).map((item) => startedDependency(textOf(item, "a service's name"), item));
  }
  return entriesOf(field, "a list or a mapping of services").map((entry) => {
    checkKeys(entry, DEPENDENCY_KEYS, warn);
    const condition = child(entry, "condition");
    const required = child(entry, "required");
    return {
      service: entry.key,
      condition: condition === undefined ? "service_started" : readCondition(condition),
      required: required === undefined || booleanOf(required),
      // An error about the name points at the name.
      field: { node: { ...entry.node, position: entry.keyPosition }, path: entry.path },
    };
  });
}

/** What `links` and `network_mode: service:…` imply. */
export function startedDependency(service: string, field: Field): LocatedDependency {
  return { service, condition: "service_started", required: true, field };
}

function readCondition(field: Field): DependencyCondition {
  const text = textOf(field);
  const found = CONDITIONS.find((condition) => condition === text);
  if (found === undefined) throw unexpected(field, CONDITIONS.join(", "));
  return found;
}
