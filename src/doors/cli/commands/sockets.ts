import { isListening, type NamedEnd, type SocketView, viewSockets } from "../../../insight/state/mod.ts";
import { defineCommand } from "../command.ts";
import { option } from "../option.ts";
import { choosePlace, enterPlace, placeDetails, placeOperand, placeOption } from "../values/place.ts";

const protocols = ["tcp", "udp", "unix"] as const;

export const sockets = defineCommand({
  name: "sockets",
  summary: "List TCP, UDP and unix sockets of a namespace with their processes",
  details: `Those that wait for others come first: TCP in state listen, UDP without a peer. Q-IN and Q-OUT are bytes that wait for the program and for the network; of a listening socket, connections that wait and how many may. ${placeDetails}`,
  options: {
    in: placeOption,
    listening: option.flag("Only those that wait for others", { short: "l" }),
    tcp: option.flag("TCP; with --udp or --unix, those as well", { short: "t" }),
    udp: option.flag("UDP", { short: "u" }),
    unix: option.flag("Unix sockets", { short: "x" }),
  },
  operands: { place: placeOperand },
  daemon: "ask",
  examples: [
    { line: "weft sockets --listening", says: "Who waits for connections in this namespace" },
    { line: "weft sockets --tcp webapp", says: "Connections of a sandbox, with names for addresses" },
    { line: "weft sockets --in pid:4711 --json", says: "The namespace of a process, for programs" },
  ],
  async run({ options, operands, client, out, host }) {
    using place = await enterPlace({ client, host }, choosePlace(options.in, operands.place));
    const chosen = protocols.filter((protocol) => options[protocol]);
    const all = viewSockets(place, place.names, chosen.length === 0 ? protocols : chosen);
    const shown = options.listening ? all.filter(isListening) : all;
    if (options.json) return out.json(shown);
    out.table(shown, {
      PROTO: ({ protocol }) => protocol,
      STATE: { cell: ({ state }) => state, colour: (socket) => (isListening(socket) ? "green" : undefined) },
      "Q-IN": ({ receiveQueue }) => String(receiveQueue),
      "Q-OUT": ({ sendQueue }) => String(sendQueue),
      LOCAL: formatLocal,
      PEER: formatPeer,
      PROCESSES: ({ processes }) => formatProcesses(processes),
    });
  },
});

function formatLocal(socket: SocketView): string {
  if (socket.protocol === "unix") return formatUnixName(socket, socket.inode);
  return `${formatEnd(socket.local)}${socket.link === undefined ? "" : `%${socket.link}`}`;
}

function formatPeer(socket: SocketView): string {
  if (socket.protocol !== "unix") return socket.remote === undefined ? "*" : formatEnd(socket.remote);
  if (socket.peer === undefined) return "*";
  const name = formatUnixName(socket.peer, socket.peer.inode);
  return socket.peer.processes.length === 0 ? name : `${name} of ${formatProcesses(socket.peer.processes)}`;
}

function formatUnixName(
  { path, abstract }: { readonly path?: string; readonly abstract?: string },
  inode: number | undefined,
): string {
  if (path !== undefined) return path;
  return abstract === undefined ? `#${inode ?? 0}` : `@${abstract}`;
}

/** `10.0.0.2:80 (webapp)`, `[::1]:80`, `0.0.0.0:*`. */
export function formatEnd({ address, port, name }: NamedEnd): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return `${host}:${port === 0 ? "*" : port}${name === undefined ? "" : ` (${name})`}`;
}

function formatProcesses(processes: SocketView["processes"]): string {
  // A process that has it open twice, such as as standard input and output, is one.
  return Array.from(new Set(processes.map(({ name, pid }) => `${name}/${pid}`))).join(",") || "-";
}
