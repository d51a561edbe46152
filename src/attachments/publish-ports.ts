import { deleteFlows } from "../kernel/conntrack/mod.ts";
import { RouteTableClient } from "../kernel/route/mod.ts";
import {
  addressFamily,
  type InterfaceAddress,
  type IpAddress,
  isUnspecified,
  type LinkName,
  type Port,
  prefixAddress,
  type TransportProtocol,
} from "../net/mod.ts";
import { writeSysctl } from "../sys/mod.ts";
import { AttachmentError } from "./attachment-error.ts";
import type { FirewallElement } from "./firewall/mod.ts";
import type { Owner } from "./owner.ts";
import { makePart, type Workplace } from "./parts.ts";

/** A port of the host that leads to a port of the container. */
export interface PublishedPort {
  readonly protocol: TransportProtocol;
  /** Absent: every address of the host, both families. */
  readonly hostAddress?: IpAddress;
  readonly hostPort: Port;
  readonly containerPort: Port;
}

export interface PublicationWish {
  readonly ports: readonly PublishedPort[];
  /** Of the container: one of each family at most. */
  readonly addresses: readonly InterfaceAddress[];
  /** Visitors who would be answered past the host, and those of its loopback, get the host's address. */
  readonly translatesVisitors: boolean;
  /** All visitors do. */
  readonly translatesAll: boolean;
}

/** Leads ports of the host to a container. @throws {AttachmentError} `taken` names who has the port. */
export async function publishPorts(workplace: Workplace, owner: Owner, wish: PublicationWish): Promise<void> {
  const { host } = workplace;
  const facing = wish.translatesVisitors ? facingLinks(workplace, wish.addresses) : [];
  await makePart(workplace, owner, "ports", {
    decide: () => ({
      links: [],
      elements: [
        ...wish.addresses.flatMap((address) => portElements(wish, prefixAddress(address), facing)),
        ...facing.map((name): FirewallElement => ({ set: "guarded", key: [name] })),
      ],
      facts: {},
    }),
    act: () => {
      for (const name of facing) writeSysctl(`net/ipv4/conf/${name}/route_localnet`, "1");
    },
  });
  const udp = new Set(wish.ports.filter(({ protocol }) => protocol === "udp").map(({ hostPort }) => hostPort));
  // Flows that were tracked before the port led anywhere would go on leading nowhere, for as long as packets come.
  if (udp.size > 0) {
    deleteFlows(host.netfilter, {}, ({ protocol, original }) => {
      const port = original.destinationPort;
      return protocol === "udp" && port !== undefined && udp.has(port as Port);
    });
  }
}

function portElements(wish: PublicationWish, own: IpAddress, facing: readonly LinkName[]): readonly FirewallElement[] {
  const family = addressFamily(own);
  const digit = family === "ipv4" ? 4 : 6;
  const served = wish.ports.filter(
    ({ hostAddress }) => hostAddress === undefined || addressFamily(hostAddress) === family,
  );
  if (served.length === 0) return [];
  return [
    ...served.map(({ protocol, hostAddress, hostPort, containerPort }): FirewallElement => {
      const data = [own, String(containerPort)];
      const port = [protocol, String(hostPort)];
      return hostAddress === undefined || isUnspecified(hostAddress)
        ? { set: `ports_any${digit}`, key: port, data }
        : { set: `ports${digit}`, key: [hostAddress, ...port], data };
    }),
    ...facing.map((link): FirewallElement => ({ set: `turned${digit}`, key: [link, own] })),
    ...(wish.translatesVisitors ? [{ set: `own${digit}`, key: [own, own] }] : []),
    ...(wish.translatesAll ? [{ set: `visited${digit}`, key: [own] }] : []),
  ];
}

/** The links by which the host reaches the container: what comes from 127.0.0.1 leaves by them, and siblings come in by them. */
function facingLinks({ host }: Workplace, addresses: readonly InterfaceAddress[]): readonly LinkName[] {
  const names = addresses.map((address) => {
    const route = new RouteTableClient(host.route).get({ destination: prefixAddress(address) });
    const index = route.nextHops[0]?.link;
    const link = index === undefined ? undefined : host.links.find(index);
    if (link === undefined || link.loopback) {
      throw new AttachmentError("missing", `the host has no way to ${prefixAddress(address)}`);
    }
    return link.name;
  });
  return [...new Set(names)];
}
