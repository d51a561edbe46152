import { Refusal } from "../../contract/plain.ts";
import { hostCount, type IpPrefix, prefixFamily } from "../../net/mod.ts";
import type { AddressPlan } from "./plan.ts";

/** A gateway, and one container. */
const LEAST_HOSTS = 2n;

/** Words that YAML 1.1 takes for something else than a name, as does what looks like a number. */
const NOT_PLAIN = /^(true|false|yes|no|on|off|null|y|n|\d.*|\.inf|\.nan)$/i;

/**
 * The plan as the networks of a Compose file.
 *
 * @throws {Refusal} when a subnet has no room for a container.
 */
export function formatCompose({ subnets }: AddressPlan): string {
  const networks = Map.groupBy(subnets, ({ name }) => name);
  const lines = Array.from(networks, ([name, own]) => {
    const prefixes = own.map(({ prefix }) => prefix);
    for (const prefix of prefixes) requireRoom(name, prefix);
    const isDual = prefixes.some((prefix) => prefixFamily(prefix) === "ipv6");
    return [
      `  ${NOT_PLAIN.test(name) ? JSON.stringify(name) : name}:`,
      ...(isDual ? ["    enable_ipv6: true"] : []),
      "    ipam:",
      "      config:",
      ...prefixes.map((prefix) => `        - subnet: ${prefix}`),
    ];
  });
  return `${["networks:", ...lines.flat()].join("\n")}\n`;
}

function requireRoom(name: string, prefix: IpPrefix): void {
  if (hostCount(prefix) >= LEAST_HOSTS) return;
  throw new Refusal(
    "invalid",
    `Cannot write ${name} as a network of Compose: ${prefix} has no room for a gateway and a container, want ${LEAST_HOSTS} hosts at least`,
  );
}
