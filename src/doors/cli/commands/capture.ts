import { resolve } from "node:path";
import {
  addressesOfName,
  appendNames,
  type CapturedPacket,
  type CaptureEnd,
  compileFilter,
  encodeFileHeader,
  encodeLink,
  findLinks,
  LinkType,
  namesOfAddresses,
  type OpenCapture,
  openCapture,
  openCaptureFile,
  parseCapturePlace,
  parseFilter,
  type RunningCapture,
} from "../../../insight/capture/mod.ts";
import type { Names } from "../../../insight/place/mod.ts";
import { parseDuration } from "../../../lib/mod.ts";
import { defineCommand, type World } from "../command.ts";
import { ClosedOutput } from "../host.ts";
import { operand } from "../operand.ts";
import { anyText, option, wholeNumber } from "../option.ts";
import { printable, printableJson } from "../printable.ts";
import { UsageError } from "../usage-error.ts";
import { parseByteSize } from "../values/byte-size.ts";
import { FollowedNames } from "../values/followed-names.ts";
import { readNames } from "../values/place.ts";
import { formatPacketLine, viewPacket } from "../views/captured-packet.ts";

/** All of any packet, as tcpdump has it. */
const MOST_SNAP_BYTES = 262_144;
/** All headers, and any answer of a name server: a line says no more. */
const LINE_SNAP_BYTES = 2048;

export const capture = defineCommand({
  name: "capture",
  summary: "See the packets of sandboxes, links and namespaces",
  details:
    "PLACE is a sandbox or NAME:LINK, a link of this namespace, a namespace of ip netns, its path, pid:NUMBER, or any; several are joined by commas. sandbox:, link: and netns: say which it is when there is more than one of that name. Of a whole namespace, links that come later are captured on as well. FILTER is in tcpdump's syntax: host, net, port, portrange and proto with src and dst, arp, ip, ip6, icmp, icmp6, tcp, udp, sctp, ether, broadcast, multicast, less, greater, tcp[tcpflags] & tcp-syn != 0, with and, or, not and parentheses; host takes a sandbox's name as well. Needs no daemon; with one, names stand in place of addresses.",
  options: {
    write: option.value(
      "FILE",
      "Write pcapng there, for Wireshark, and print no packets; - is standard output",
      anyText,
      {
        short: "w",
        complete: "file",
      },
    ),
    count: option.value("NUMBER", "End after so many packets", wholeNumber(1, Number.MAX_SAFE_INTEGER), { short: "c" }),
    duration: option.value("DURATION", "End after so long, such as 30s", parseDuration),
    snaplen: option.value("BYTES", "Keep no more of a packet", wholeNumber(1, MOST_SNAP_BYTES), { short: "s" }),
    size: option.value(
      "BYTES",
      "Begin another file, FILE-1 and so on, before one gets larger, such as 10M",
      parseByteSize,
    ),
    files: option.value("NUMBER", "Keep the last so many files", wholeNumber(1, 1_000_000)),
    promiscuous: option.flag("Also what the link's hardware would throw away, for it is for somebody else"),
  },
  operands: {
    places: operand.one("PLACE[,PLACE...]", (text) => text.split(",").map(parseCapturePlace), "sandbox"),
    filter: operand.some("FILTER", { least: 0 }),
  },
  daemon: "ask",
  examples: [
    { line: "weft capture webapp", says: "A line for each packet, with names for addresses" },
    { line: "weft capture webapp,api:eth0 tcp port 80 -w web.pcapng", says: "Two sandboxes in one file, until Ctrl-C" },
    { line: "weft capture pid:4711 -w - | wireshark -k -i -", says: "What a process sends, live" },
    { line: "weft capture any 'udp port 53' --json", says: "Questions and answers of DNS, one JSON object a line" },
  ],
  async run({ options, operands, ...world }) {
    const { write, count, duration, size, files } = options;
    if ((size !== undefined || files !== undefined) && (write === undefined || write === "-")) {
      throw new UsageError("Cannot use --size and --files: they number files, want --write FILE");
    }
    if (files !== undefined && size === undefined) {
      throw new UsageError("Cannot use --files: it counts the files of --size, want both");
    }
    const names = await readNames(world);
    const filter = operands.filter.length === 0 ? undefined : operands.filter.join(" ");
    const snapBytes = options.snaplen ?? (write === undefined ? LINE_SNAP_BYTES : MOST_SNAP_BYTES);
    using namespaces = new DisposableStack();
    using opened = openCapture({
      program: readProgram(filter, { names, snapBytes }),
      ...findLinks(operands.places, names, namespaces),
      promiscuous: options.promiscuous,
      ...(count !== undefined && { count }),
    });
    using followed = new FollowedNames(names, world);
    const description = { snapBytes, ...(filter !== undefined && { filter }) };
    const running = opened.read({
      to:
        write === undefined
          ? linePrinter(opened, { followed, json: options.json, out: world.out })
          : {
              ...openFile(write, world),
              header: encodeFileHeader({
                ...{ links: opened.links, names: namesOfAddresses(names), ...description },
                application: `weft ${world.host.version}`,
              }),
              ...(size !== undefined && { sizeBytes: size }),
              ...(files !== undefined && { files }),
            },
      encodeLink: (link) => encodeLink(link, description),
      onLink: ({ label }) => world.out.note(`Capturing on ${label} as well`),
    });
    announce(opened, world);
    void followed.follow();
    const end = await untilEnd(running, duration, world);
    if (end.reason === "closed") throw new ClosedOutput();
    if (write !== undefined) addNewNames(end, names, followed.names);
    summarize(opened, end, world);
  },
});

function openFile(write: string, { host }: World): { readonly fd: number; readonly path?: string } {
  if (write === "-") return { fd: 1 };
  const path = resolve(host.directory, write);
  return { fd: openCaptureFile(path), path };
}

interface Lines {
  readonly followed: FollowedNames;
  readonly json: boolean;
  readonly out: World["out"];
}

/** Prints packets, a batch with one write. */
function linePrinter({ links }: OpenCapture, { followed, json, out }: Lines) {
  return (packets: readonly CapturedPacket[]): void => {
    const lines = packets.flatMap((packet) => {
      const link = links[packet.link];
      if (link === undefined) return [];
      const { ofAddress } = followed.names;
      return [
        json
          ? printableJson(viewPacket(packet, link, ofAddress))
          : printable(formatPacketLine(packet, link, ofAddress)),
      ];
    });
    out.text(lines.map((line) => `${line}\n`).join(""));
  };
}

/** A file begins with the names that there are then; those that came later end it. */
function addNewNames({ path }: CaptureEnd, before: Names, now: Names): void {
  const known = namesOfAddresses(before);
  const fresh = new Map(Array.from(namesOfAddresses(now)).filter(([address, name]) => known.get(address) !== name));
  if (fresh.size > 0) appendNames(path, fresh);
}

interface ProgramSource {
  readonly names: Names;
  readonly snapBytes: number;
}

/** Reads the filter once; its program depends on the link. @throws {UsageError} */
function readProgram(
  text: string | undefined,
  { names, snapBytes }: ProgramSource,
): (linkType: LinkType) => ReturnType<typeof compileFilter> {
  return asUsage(() => {
    const addressesOf = (name: string) => addressesOfName(names, name);
    const filter = text === undefined ? undefined : parseFilter(text, { addressesOf });
    return (linkType) =>
      asUsage(() =>
        compileFilter(filter, { linkType: linkType === LinkType.ethernet ? "ethernet" : "raw IP", snapBytes }),
      );
  });
}

function asUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

function announce({ links, leftOut }: OpenCapture, { out }: World): void {
  if (leftOut.length > 0) out.note(`Left out ${leftOut.join(", ")}: neither Ethernet nor IP`);
  out.note(`Capturing on ${links.map(({ label }) => label).join(", ")}; Ctrl-C ends it`);
}

async function untilEnd(
  running: RunningCapture,
  durationMs: number | undefined,
  { interrupted }: World,
): Promise<CaptureEnd> {
  const signal = interrupted();
  signal.addEventListener("abort", running.stop);
  if (signal.aborted) running.stop();
  const timer = durationMs === undefined ? undefined : setTimeout(running.stop, durationMs);
  try {
    return await running.ended;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", running.stop);
  }
}

function summarize({ links }: OpenCapture, { reason, counts }: CaptureEnd, { out }: World): void {
  if (reason === "links gone") out.note("The links are gone");
  const total = { delivered: 0, dropped: 0 };
  for (const [index, { delivered, dropped }] of counts.entries()) {
    total.delivered += delivered;
    total.dropped += dropped;
    if (links.length > 1) out.note(`${links[index]?.label}: ${formatCounts(delivered, dropped)}`);
  }
  out.note(`${links.length > 1 ? "In all: " : ""}${formatCounts(total.delivered, total.dropped)}`);
}

function formatCounts(delivered: number, dropped: number): string {
  return `${delivered} ${delivered === 1 ? "packet" : "packets"} captured, ${dropped} dropped by the kernel`;
}
