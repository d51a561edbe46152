import { type OpenPlace, openPlace, parsePlace } from "../../../insight/place/mod.ts";
import { parseRoutingTable } from "../../../insight/state/mod.ts";
import { parseDuration } from "../../../lib/mod.ts";
import { parseIpAddress, parseLinkName, parsePort } from "../../../net/mod.ts";
import type { LinkKindSpec } from "../../../workbench/mod.ts";
import { anyText, flagOf, option, wholeNumber } from "../option.ts";
import { UsageError } from "../usage-error.ts";
import { parseUnicastMac } from "./changes.ts";
import { given } from "./given.ts";
import type { NamedPlace } from "./place.ts";
import { required } from "./required.ts";

export const linkKinds = [
  ...["veth", "bridge", "macvlan", "vxlan", "vlan", "ipvlan", "vrf", "dummy", "ifb", "tun", "tap"],
] as readonly LinkKindSpec["kind"][];

const modes = ["private", "vepa", "bridge", "passthru", "l2", "l3", "l3s"] as const;
type Mode = (typeof modes)[number];

/** Options that only some kinds have. */
export const linkKindOptions = {
  peer: option.value("NAME", "veth: the name of the other end", parseLinkName),
  peerIn: option.value("PLACE", "veth: the namespace of the other end (default: the same)", parsePlace, {
    complete: "place",
  }),
  peerMtu: option.value("BYTES", "veth: of the other end", wholeNumber(68, 65535)),
  peerMac: option.value("MAC", "veth: of the other end", parseUnicastMac),
  peerUp: option.choice("veth: the other end is up at once"),
  lower: option.value("LINK", "macvlan, ipvlan, vlan, vxlan: the link that carries it", anyText, {
    also: ["--on"],
    complete: "link",
  }),
  lowerIn: option.value("PLACE", "macvlan, ipvlan, vlan, vxlan: the namespace of the link below", parsePlace, {
    complete: "place",
  }),
  mode: option.oneOf(modes, "macvlan: private, vepa, bridge (default), passthru; ipvlan: l2, l3 (default), l3s"),
  vni: option.value("NUMBER", "vxlan: its network identifier", wholeNumber(0, 16_777_215), { also: ["--id"] }),
  remote: option.value(
    "ADDRESS",
    "vxlan: where frames for unknown addresses go; one far end or a group",
    parseIpAddress,
  ),
  local: option.value("ADDRESS", "vxlan: the address that it sends from", parseIpAddress),
  port: option.value("PORT", "vxlan: UDP port (default: 4789)", parsePort, { also: ["--dstport"] }),
  ttl: option.value("NUMBER", "vxlan: of the packets that carry it", wholeNumber(1, 255)),
  learning: option.choice("vxlan: learn far ends from what comes (default: true)"),
  vlan: option.value("NUMBER", "vlan: its number", wholeNumber(1, 4094)),
  table: option.value("TABLE", "vrf: its routing table", parseRoutingTable),
  stp: option.choice("bridge: spanning tree"),
  vlanFiltering: option.choice("bridge: ports belong to VLANs"),
  snooping: option.choice("bridge: follow who wants which multicast (default: true)"),
  ageing: option.value("DURATION", "bridge: how long a learned address is kept (default: 5m)", parseDuration),
  forwardDelay: option.value("DURATION", "bridge: of spanning tree (default: 15s)", parseDuration),
  priority: option.value("NUMBER", "bridge: in spanning tree", wholeNumber(0, 65535)),
};

type Values = { readonly [K in keyof typeof linkKindOptions]: ReturnType<(typeof linkKindOptions)[K]["read"]> };
type Key = keyof Values;

const carried: readonly Key[] = ["lower", "lowerIn"];
const optionsOf: Readonly<Record<LinkKindSpec["kind"], readonly Key[]>> = {
  veth: ["peer", "peerIn", "peerMtu", "peerMac", "peerUp"],
  bridge: ["stp", "vlanFiltering", "snooping", "ageing", "forwardDelay", "priority"],
  macvlan: [...carried, "mode"],
  ipvlan: [...carried, "mode"],
  vlan: [...carried, "vlan"],
  vxlan: [...carried, "vni", "remote", "local", "port", "ttl", "learning"],
  vrf: ["table"],
  dummy: [],
  ifb: [],
  tun: [],
  tap: [],
};

interface Reading {
  /** Where the link is to be. */
  readonly place: NamedPlace;
  /** Closes the other namespaces that were opened. */
  readonly opened: DisposableStack;
}

/** @throws {UsageError} for what is missing, and for what another kind has. */
export function readLinkKind(kind: LinkKindSpec["kind"], values: Values, { place, opened }: Reading): LinkKindSpec {
  const all = Object.keys(linkKindOptions) as readonly Key[];
  const stray = all.find((key) => values[key] !== undefined && !optionsOf[kind].includes(key));
  if (stray !== undefined) throw new UsageError(`Cannot use ${flagOf(stray)}: a ${kind} has none, want it without`);
  const open = (reference: Values["peerIn"]): OpenPlace | undefined =>
    reference === undefined ? undefined : opened.use(openPlace(reference, place.names));
  const need = <K extends Key>(key: K): NonNullable<Values[K]> =>
    required(values[key] ?? undefined, `link add --kind ${kind}`, flagOf(key)) as NonNullable<Values[K]>;
  const lowerPlace = open(values.lowerIn);
  const below = (): { lower: string; lowerPlace?: OpenPlace } => ({
    lower: need("lower"),
    ...(lowerPlace !== undefined && { lowerPlace }),
  });
  switch (kind) {
    case "veth": {
      const { peerMtu: mtu, peerMac: mac, peerUp: up } = values;
      const peerPlace = open(values.peerIn);
      return {
        kind,
        peer: {
          name: need("peer"),
          ...(peerPlace !== undefined && { place: peerPlace }),
          ...given({ mtu, mac, up }),
        },
      };
    }
    case "bridge": {
      const { stp, vlanFiltering, snooping, ageing, forwardDelay, priority } = values;
      const times = { ageingTimeMs: ageing, forwardDelayMs: forwardDelay };
      return { kind, options: given({ stp, vlanFiltering, mcastSnooping: snooping, priority, ...times }) };
    }
    case "macvlan":
      return { kind, ...below(), mode: oneOfModes(kind, values.mode, ["bridge", "private", "vepa", "passthru"]) };
    case "ipvlan":
      return { kind, ...below(), mode: oneOfModes(kind, values.mode, ["l3", "l2", "l3s"]) };
    case "vlan":
      return { kind, ...below(), id: need("vlan") };
    case "vxlan": {
      const { remote: group, local, port, ttl, learning } = values;
      const options = { vni: need("vni"), ...given({ group, local, port, ttl, learning }) };
      return { kind, options, ...(values.lower !== undefined && below()) };
    }
    case "vrf":
      return { kind, table: need("table") };
    default:
      return { kind };
  }
}

/** The first is what is meant without one. */
function oneOfModes<M extends Mode>(kind: string, mode: Mode | undefined, own: readonly [M, ...M[]]): M {
  if (mode === undefined) return own[0];
  const found = own.find((each) => each === mode);
  if (found === undefined) {
    throw new UsageError(`Cannot use --mode ${JSON.stringify(mode)}: a ${kind} has ${own.join(", ")}`);
  }
  return found;
}
