import { z } from "zod";
import { connectionStates, packetProtocols } from "../../firewall-rules/mod.ts";
import {
  absolutePath,
  addressOrPrefix,
  bitRate,
  duration,
  environmentName,
  interfaceAddress,
  ipAddress,
  ipPrefix,
  linkName,
  linkPlace,
  macAddress,
  mark,
  natDestination,
  ONE_OR_MANY,
  oneOrMany,
  placeName,
  portOrRange,
  processName,
  signalName,
  topologyName,
} from "./fields.ts";

const limit = z
  .strictObject({
    rate: bitRate.meta({ description: "What the link may send: 10mbit" }),
    burst: z
      .int()
      .min(1)
      .max(1_073_741_824)
      .optional()
      .meta({ description: "Bytes that may leave at once; default: 20 ms of the rate, at least 32000" }),
    queue: z
      .int()
      .min(1)
      .max(1_073_741_824)
      .optional()
      .meta({ description: "Bytes that may wait; default: 100 ms of the rate, at least 64000" }),
  })
  .meta({ id: "Limit", description: "A token bucket" });

const link = z
  .strictObject({
    kind: z
      .enum(["veth", "bridge", "macvlan", "vxlan", "ipvlan", "vlan", "dummy"])
      .optional()
      .meta({ description: "Default: veth" }),
    peer: linkPlace.optional().meta({ description: "veth: the other end, NAMESPACE/LINK; enough at one of the two" }),
    bridge: linkName.optional().meta({ description: "The bridge in the same namespace that it is a port of" }),
    lower: z.string().max(256).optional().meta({
      description:
        "macvlan, ipvlan, vlan: the link that carries it, LINK or NAMESPACE/LINK; vxlan: the link that its packets take",
    }),
    mode: z.enum(["bridge", "private", "vepa", "passthru", "l2", "l3", "l3s"]).optional().meta({
      description: "macvlan: bridge (the default), private, vepa, passthru; ipvlan: l2 (the default), l3, l3s",
    }),
    id: z.int().min(1).max(4094).optional().meta({ description: "vlan: its number" }),
    vni: z.int().min(1).max(16_777_215).optional().meta({ description: "vxlan: its number" }),
    local: ipAddress.optional().meta({ description: "vxlan: the address that its packets come from" }),
    remote: ipAddress.optional().meta({ description: "vxlan: the far end, or a multicast group" }),
    port: z.int().min(1).max(65535).optional().meta({ description: "vxlan: UDP port; default: 4789" }),
    addresses: z.array(interfaceAddress).optional().meta({ description: "Such as 10.0.0.1/24 and fd00::1/64" }),
    mtu: z.int().min(68).max(65535).optional().meta({ description: "Bytes; default for a veth: 1500" }),
    mac: macAddress.optional(),
    up: z.boolean().optional().meta({ description: "Default: true" }),
    limit: limit.optional(),
  })
  .meta({ id: "Link" })
  .nullable();

const hop = z
  .strictObject({
    via: ipAddress.optional().meta({ description: "The next hop" }),
    link: linkName.optional().meta({ description: "Default: the one that the next hop is on" }),
    onlink: z.boolean().optional(),
    weight: z.int().min(1).max(256).optional().meta({ description: "Its share; default: 1" }),
  })
  .meta({ id: "Hop" });

const route = z
  .strictObject({
    to: z
      .union([z.literal("default"), ipPrefix], 'want "default" or a prefix such as 10.0.2.0/24')
      .meta({ description: "default, or a prefix" }),
    via: ipAddress.optional().meta({ description: "The next hop" }),
    link: linkName.optional().meta({ description: "Default: the one that the next hop is on" }),
    onlink: z.boolean().optional().meta({ description: "The next hop is on the link whatever its addresses say" }),
    hops: z
      .array(hop)
      .min(2)
      .max(256)
      .optional()
      .meta({ description: "Several ways at once, in place of via and link" }),
    type: z.enum(["unicast", "blackhole", "unreachable", "prohibit"]).optional(),
    metric: z.int().min(0).max(4_294_967_295).optional(),
    table: z.int().min(1).max(4_294_967_295).optional().meta({ description: "Default: 254, the main one" }),
    source: ipAddress.optional().meta({ description: "The address that packets from here get" }),
    mtu: z.int().min(68).max(65535).optional(),
  })
  .meta({ id: "Route" });

const rule = z
  .strictObject({
    from: addressOrPrefix.optional(),
    to: addressOrPrefix.optional(),
    mark: mark.optional().meta({ description: "7, or with a mask 0x10/0xff" }),
    in: linkName.optional().meta({ description: "The link that packets came in by" }),
    out: linkName.optional().meta({ description: "The link that a socket is bound to" }),
    family: z.enum(["ipv4", "ipv6"]).optional().meta({ description: "Default: as from and to, else both" }),
    table: z.int().min(1).max(4_294_967_295),
    priority: z
      .int()
      .min(1)
      .max(32_765)
      .optional()
      .meta({ description: "The lowest is asked first; default: 10000 and its place in the list" }),
  })
  .meta({ id: "Rule" });

const packet = {
  protocol: z.enum(packetProtocols).optional(),
  ports: oneOrMany(portOrRange).optional().meta({ description: "Destination: 80, 8000-8010 or a list" }),
  source_ports: oneOrMany(portOrRange).optional(),
  source: oneOrMany(addressOrPrefix).optional(),
  destination: oneOrMany(addressOrPrefix).optional(),
  in: oneOrMany(linkName).optional(),
  out: oneOrMany(linkName).optional(),
};

const filterRule = z
  .strictObject({
    ...packet,
    state: oneOrMany(z.enum(connectionStates)).optional(),
    mark: mark.optional(),
    action: z.enum(["accept", "drop", "reject"]),
    comment: z.string().max(120).optional(),
  })
  .meta({ id: "FilterRule" });

const chain = z
  .strictObject({
    policy: z
      .enum(["accept", "drop"])
      .optional()
      .meta({ description: "What becomes of all other packets; default: accept" }),
    rules: z.array(filterRule).optional(),
  })
  .meta({ id: "Chain" });

const firewall = z
  .strictObject({
    input: chain.optional().meta({ description: "What is for this namespace" }),
    forward: chain.optional().meta({ description: "What goes through it" }),
    output: chain.optional().meta({ description: "What it sends" }),
    marks: z
      .array(z.strictObject({ ...packet, set: mark }))
      .optional()
      .meta({
        description: "Marks for policy routing: of packets that come in, and, without in, of those sent from here",
      }),
  })
  .meta({ id: "Firewall" });

const nat = z
  .strictObject({
    masquerade: z
      .array(z.strictObject({ out: oneOrMany(linkName).optional(), source: oneOrMany(addressOrPrefix).optional() }))
      .optional()
      .meta({ description: "Packets leave with the address of the link that they leave by" }),
    dnat: z
      .array(
        z.strictObject({
          ...packet,
          to: natDestination.meta({ description: "10.0.0.2, 10.0.0.2:80 or [fd00::2]:80" }),
        }),
      )
      .optional()
      .meta({ description: "Packets that come in go to another address or port" }),
  })
  .meta({ id: "Nat" });

const command = z.union(
  [z.string().min(1).max(131_072), z.array(z.string().max(131_072)).min(1)],
  "want a text for /bin/sh, or a list of words",
);

const health = z
  .strictObject({
    command: command.meta({ description: "Healthy is who ends it with 0; a list, or a text for /bin/sh" }),
    interval: duration.optional().meta({ description: "Between two checks; default: 1s" }),
    timeout: duration.optional().meta({ description: "Default: 5s" }),
    retries: z.int().min(1).max(1000).optional().meta({ description: "Failures that make it unhealthy; default: 3" }),
    start_period: duration.optional().meta({ description: "Failures in this time do not count; default: 0s" }),
  })
  .meta({ id: "Health", description: "weft up waits until it is healthy" });

const process = z
  .strictObject({
    command: command.meta({ description: "A list of words, or a text for /bin/sh" }),
    environment: z.record(environmentName, z.union([z.string(), z.number(), z.boolean()])).optional(),
    working_directory: absolutePath.optional().meta({ description: "Default: /" }),
    user: z
      .union([z.string().min(1).max(64), z.int().min(0)])
      .optional()
      .meta({
        description: "USER or USER:GROUP, names or numbers; default: root",
      }),
    restart: z.enum(["no", "on-failure", "always"]).optional().meta({ description: "Default: no" }),
    stop_signal: signalName.optional().meta({ description: "Default: SIGTERM" }),
    stop_timeout: duration.optional().meta({ description: "Until it is killed; default: 10s" }),
    health: health.optional(),
  })
  .meta({ id: "Process" });

const sysctlValue = z.union([z.string().max(1024), z.int(), z.boolean()], "want a text, a number, true or false");

const place = z
  .strictObject({
    links: z.record(linkName, link).optional().meta({ description: "By their names" }),
    forwarding: z.boolean().optional().meta({
      description: "Whether it is a router, for both families; default: false in a namespace, and in the host as it is",
    }),
    sysctls: z
      .record(z.string().max(256), sysctlValue)
      .optional()
      .meta({ description: "Such as net.ipv4.conf.all.rp_filter: 2" }),
    routes: z.array(route).optional(),
    rules: z.array(rule).optional().meta({ description: "Which routing table is asked" }),
    firewall: firewall.optional(),
    nat: nat.optional(),
    processes: z.record(processName, process).optional().meta({ description: "Programs that run in it, by name" }),
  })
  .meta({ id: "Place" });

/** A topology file. `docs/topology.schema.json` is made of it. */
export const topologySchema = z
  .strictObject({
    topology: topologyName.meta({ description: "Its name; this key tells a topology from a Compose file" }),
    namespaces: z
      .record(placeName, place.nullable())
      .optional()
      .meta({ description: "By their names, as ip netns has them" }),
    host: place.optional().meta({ description: "What the topology has in the host itself" }),
  })
  .meta({ title: "Weft topology" });

export type TopologyInput = z.output<typeof topologySchema>;
export type PlaceInput = z.output<typeof place>;
export type LinkInput = NonNullable<z.output<typeof link>>;
export type RouteInput = z.output<typeof route>;
export type RuleInput = z.output<typeof rule>;
export type PacketInput = Partial<Pick<z.output<typeof filterRule>, keyof typeof packet>>;
export type FirewallInput = z.output<typeof firewall>;
export type ChainInput = z.output<typeof chain>;
export type ProcessInput = z.output<typeof process>;
export type NatInput = z.output<typeof nat>;

/** For editors. Source: JSON Schema, draft 2020-12. */
export function topologyJsonSchema(): object {
  return withSingles(z.toJSONSchema(topologySchema, { io: "input", target: "draft-2020-12" })) as object;
}

/** Where a list may be one value alone, both are said. */
function withSingles(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withSingles);
  if (typeof node !== "object" || node === null) return node;
  const { [ONE_OR_MANY]: isOneOrMany, ...rest } = node as Readonly<Record<string, unknown>>;
  const inner = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, withSingles(value)]));
  if (isOneOrMany !== true) return inner;
  const { description, ...list } = inner;
  return { ...(description !== undefined && { description }), anyOf: [list["items"], list] };
}
