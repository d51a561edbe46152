import { type BridgePortView, type BridgeView, type FdbEntryView, viewBridges } from "../../../insight/state/mod.ts";
import { defineCommand } from "../command.ts";
import { option } from "../option.ts";
import { choosePlace, enterPlace, placeDetails, placeOperand, placeOption } from "../values/place.ts";
import { formatFlags, formatOwner } from "../views/kernel.ts";

export const bridgeLs = defineCommand({
  name: "bridge ls",
  summary: "List the bridges of a namespace with their ports, or where they send which MAC address",
  details: `FLAGS are those of a port that differ from what a port has from the start. ${placeDetails}`,
  options: {
    in: placeOption,
    fdb: option.flag("The forwarding databases in place of the ports; JSON has both"),
  },
  operands: { place: placeOperand },
  daemon: "ask",
  examples: [
    { line: "weft bridge ls", says: "Ports, their state and whose they are" },
    { line: "weft bridge ls --fdb", says: "MAC addresses, and the port and sandbox behind which each is" },
    { line: "weft bridge ls --in blue --json", says: "Of another namespace, for programs" },
  ],
  async run({ options, operands, client, out, host }) {
    using place = await enterPlace({ client, host }, choosePlace(options.in, operands.place));
    const bridges = viewBridges(place, place.names);
    if (options.json) return out.json(bridges);
    if (options.fdb) return out.table(bridges.flatMap(fdbRows), fdbColumns);
    out.table(bridges.flatMap(portRows), portColumns);
  },
});

interface PortRow {
  readonly bridge: BridgeView;
  /** A bridge without ports is a row all the same. */
  readonly port?: BridgePortView;
}

function portRows(bridge: BridgeView): readonly PortRow[] {
  return bridge.ports.length === 0 ? [{ bridge }] : bridge.ports.map((port) => ({ bridge, port }));
}

const portColumns = {
  BRIDGE: ({ bridge }: PortRow) => bridge.name,
  PORT: ({ port }: PortRow) => port?.name ?? "-",
  STATE: ({ bridge, port }: PortRow) => port?.state ?? (bridge.up ? "no ports" : "down"),
  FLAGS: ({ port }: PortRow) => (port === undefined ? "-" : portFlags(port)),
  OWNER: ({ bridge, port }: PortRow) => formatOwner(port ?? bridge),
};

function portFlags(port: BridgePortView): string {
  return formatFlags({
    isolated: port.isolated,
    hairpin: port.hairpin,
    "no-learning": port.learning === false,
    "no-flood": port.unicastFlood === false,
    "no-mcast-flood": port.multicastFlood === false,
    "no-bcast-flood": port.broadcastFlood === false,
    "neigh-suppress": port.neighbourSuppress,
    "proxy-arp": port.proxyArp,
    "mcast-to-unicast": port.multicastToUnicast,
    "fast-leave": port.fastLeave,
    guard: port.bpduGuard,
    "root-block": port.rootBlock,
    locked: port.locked,
  });
}

interface FdbRow {
  readonly bridge: BridgeView;
  readonly entry: FdbEntryView;
}

function fdbRows(bridge: BridgeView): readonly FdbRow[] {
  return bridge.fdb.map((entry) => ({ bridge, entry }));
}

const fdbColumns = {
  BRIDGE: ({ bridge }: FdbRow) => bridge.name,
  MAC: ({ entry }: FdbRow) => entry.mac,
  PORT: ({ entry }: FdbRow) => entry.port,
  TO: ({ entry }: FdbRow) => entry.destination ?? "-",
  VLAN: ({ entry }: FdbRow) => (entry.vlan === undefined ? "-" : String(entry.vlan)),
  KIND: ({ entry }: FdbRow) => (entry.local ? "local" : entry.static ? "static" : "learned"),
  SANDBOX: ({ entry }: FdbRow) => entry.sandbox ?? "-",
};
