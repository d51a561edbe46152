import type { LocatedDependency } from "./dependencies.ts";
import { refuse } from "./field.ts";

interface Dependent {
  readonly name: string;
  readonly dependencies: readonly LocatedDependency[];
}

/**
 * Dependencies first, otherwise as written.
 *
 * @throws {ComposeError} names the services of a cycle. Names without a service are passed over.
 */
export function orderByDependency<T extends Dependent>(services: readonly T[]): readonly T[] {
  const byName = new Map(services.map((service) => [service.name, service]));
  const ordered = new Set<T>();
  const visit = (service: T, trail: readonly string[]): void => {
    if (ordered.has(service)) return;
    for (const dependency of service.dependencies) {
      const next = byName.get(dependency.service);
      if (next === undefined) continue;
      const start = [...trail, service.name].indexOf(next.name);
      if (start >= 0) {
        const cycle = [...[...trail, service.name].slice(start), next.name].join(" -> ");
        throw refuse(dependency.field, `the services wait for one another: ${cycle}: want no cycle`);
      }
      visit(next, [...trail, service.name]);
    }
    ordered.add(service);
  };
  for (const service of services) visit(service, []);
  return [...ordered];
}
