import { suggest } from "./check-keys.ts";
import { child, type KeyedField, refuseKey, textOf, textsOf } from "./field.ts";
import type { Variables } from "./interpolate.ts";
import type { ReadService } from "./service.ts";

/** Of `--profile`, or else of `COMPOSE_PROFILES`. */
export function activeProfiles(flags: readonly string[] | undefined, variables: Variables): readonly string[] {
  if (flags !== undefined && flags.length > 0) return flags;
  return (variables["COMPOSE_PROFILES"] ?? "")
    .split(",")
    .flatMap((profile) => (profile.trim() === "" ? [] : [profile.trim()]));
}

export interface Wish {
  /** Profiles; `*` is all of them. */
  readonly active: readonly string[];
  /** Services that are named: their profiles become active. */
  readonly targets: readonly string[];
}

export interface Selection {
  readonly enabled: readonly KeyedField[];
  /** Profiles by service. */
  readonly disabled: ReadonlyMap<string, readonly string[]>;
}

/** @throws {ComposeError} for a service's illegal name. @throws {SyntaxError} for a target that is no service. */
export function selectServices(services: readonly KeyedField[], { active, targets }: Wish): Selection {
  const profiles = new Map(services.map((service) => [service.key, profilesOf(service)]));
  for (const target of targets) {
    if (!profiles.has(target))
      throw new SyntaxError(`Cannot find service ${JSON.stringify(target)}: ${suggest(target, [...profiles.keys()])}`);
  }
  const wanted = [...active, ...targets.flatMap((target) => profiles.get(target) ?? [])];
  const enabled: KeyedField[] = [];
  const disabled = new Map<string, readonly string[]>();
  for (const service of services) {
    if (!/^[a-zA-Z0-9._-]+$/.test(service.key)) {
      throw refuseKey(
        service,
        `${JSON.stringify(service.key)} is no service name: want letters, digits, ".", "_" or "-"`,
      );
    }
    const own = profiles.get(service.key) ?? [];
    const runs = own.length === 0 || wanted.includes("*") || own.some((profile) => wanted.includes(profile));
    if (runs) enabled.push(service);
    else disabled.set(service.key, own);
  }
  return { enabled, disabled };
}

function profilesOf(service: KeyedField): readonly string[] {
  const field = child(service, "profiles");
  return field === undefined ? [] : textsOf(field).map((item) => textOf(item, "a profile's name"));
}

/** The targets and all that they depend on, as ordered before; everything without targets. */
export function withDependencies(services: readonly ReadService[], targets: readonly string[]): readonly ReadService[] {
  if (targets.length === 0) return services;
  const byName = new Map(services.map((service) => [service.name, service]));
  const wanted = new Set<string>();
  const visit = (name: string): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    for (const { service } of byName.get(name)?.dependencies ?? []) visit(service);
  };
  for (const target of targets) visit(target);
  return services.filter(({ name }) => wanted.has(name));
}
