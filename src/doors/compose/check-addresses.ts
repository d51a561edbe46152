import { hasEndpoints } from "../../model/mod.ts";
import {
  addressFamily,
  broadcastAddress,
  type IpAddress,
  type IpPrefix,
  prefixAddress,
  prefixContains,
  prefixesOverlap,
  prefixFamily,
  prefixLength,
} from "../../net/mod.ts";
import type { LocatedAttachment } from "./attachments.ts";
import type { ComposeNetwork } from "./compose-project.ts";
import { child, type Field, type KeyedField, refuse } from "./field.ts";

interface Attached {
  readonly name: string;
  readonly attachments: readonly LocatedAttachment[];
}

/**
 * Holds static addresses against the subnets of their networks and one another.
 *
 * @throws {ComposeError} an address outside every subnet, one that is the gateway's or reserved, or given twice; a MAC address given twice.
 */
export function checkAddresses(services: readonly Attached[], networks: readonly ComposeNetwork[]): void {
  const byKey = new Map(networks.map((network) => [network.key, network]));
  const owners = new Map<string, string>();
  for (const { name, attachments } of services) {
    for (const { attachment, field } of attachments) {
      const network = byKey.get(attachment.network);
      if (network === undefined) continue;
      const claims = [
        { value: attachment.ipv4, at: child(field, "ipv4_address") },
        { value: attachment.ipv6, at: child(field, "ipv6_address") },
      ] as const;
      for (const { value, at = field } of claims) {
        if (value === undefined) continue;
        checkAddress(value, at, network);
        claim(owners, { network, value, owner: name, at });
      }
      const mac = child(field, "mac_address") ?? field;
      if (attachment.mac !== undefined) claim(owners, { network, value: attachment.mac, owner: name, at: mac });
    }
  }
}

interface Claim {
  readonly network: ComposeNetwork;
  readonly value: string;
  readonly owner: string;
  readonly at: Field;
}

function claim(owners: Map<string, string>, { network, value, owner, at }: Claim): void {
  const key = `${network.key} ${value}`;
  const other = owners.get(key);
  if (other !== undefined) {
    throw refuse(
      at,
      `${value} is the address of service ${JSON.stringify(other)} on network ${JSON.stringify(network.key)} already: want another`,
    );
  }
  owners.set(key, owner);
}

function checkAddress(address: IpAddress, at: Field, network: ComposeNetwork): void {
  if (network.external) return; // the engine knows its subnets
  const name = JSON.stringify(network.key);
  if (!hasEndpoints(network.driver)) {
    throw refuse(at, `network ${name} of driver ${network.driver} has no addresses: want none`);
  }
  const family = addressFamily(address);
  if (network.ipamDriver === "dhcp" && family === "ipv4") return; // a wish that its server answers
  const prefixes = network.subnets.flatMap(({ prefix }) =>
    prefix !== undefined && prefixFamily(prefix) === family ? [prefix] : [],
  );
  const subnet = network.subnets.find(({ prefix }) => prefix !== undefined && prefixContains(prefix, address));
  if (subnet?.prefix === undefined) {
    const wanted =
      prefixes.length > 0
        ? `want an address in ${prefixes.join(" or ")}`
        : `want a subnet for it in networks.${network.key}.ipam.config`;
    throw refuse(at, `${address} lies outside every subnet of network ${name}: ${wanted}`);
  }
  const taken = reservedFor(address, subnet.prefix) ?? (subnet.gateway === address ? "the gateway" : undefined);
  const auxiliary = Object.entries(subnet.auxiliary ?? {}).find(([, other]) => other === address)?.[0];
  const purpose = taken ?? (auxiliary === undefined ? undefined : `reserved as ${JSON.stringify(auxiliary)}`);
  if (purpose !== undefined)
    throw refuse(at, `${address} is ${purpose} of network ${name}: want another address in ${subnet.prefix}`);
}

function reservedFor(address: IpAddress, prefix: IpPrefix): string | undefined {
  const wide = prefixLength(prefix) < (prefixFamily(prefix) === "ipv4" ? 31 : 127);
  if (wide && prefixAddress(prefix) === address) return "the address";
  return broadcastAddress(prefix) === address ? "the broadcast address" : undefined;
}

/** @throws {ComposeError} when two networks of the project have subnets in common. */
export function checkSubnets(
  networks: readonly { readonly network: ComposeNetwork; readonly field: KeyedField | undefined }[],
): void {
  const seen: { readonly prefix: IpPrefix; readonly key: string }[] = [];
  for (const { network, field } of networks) {
    for (const { prefix } of network.subnets) {
      if (prefix === undefined) continue;
      const clash = seen.find((other) => other.key !== network.key && prefixesOverlap(other.prefix, prefix));
      if (clash !== undefined && field !== undefined) {
        throw refuse(
          child(field, "ipam") ?? field,
          `${prefix} overlaps ${clash.prefix} of network ${JSON.stringify(clash.key)}: want subnets apart`,
        );
      }
      seen.push({ prefix, key: network.key });
    }
  }
}
