import { parseCapturePlace } from "../../src/insight/capture/capture-place.ts";
import { decodePacket, formatPacket } from "../../src/insight/capture/decode/mod.ts";
import { compileFilter, parseFilter } from "../../src/insight/capture/filter/mod.ts";
import { samplePackets } from "../../src/insight/capture/filter/testing/sample-packets.ts";
import type { Target } from "../target.ts";

/** What strangers send: anything is a packet, and some line about it is printed. */
function reads(start: "ethernet" | "ip"): (packet: Uint8Array) => string {
  return (packet) => {
    const line = formatPacket(decodePacket(packet, start), () => undefined);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those must not reach a terminal
    if (/[\x00-\x1f\x7f-\x9f]/.test(line)) throw new Error(`Cannot print ${JSON.stringify(line)}: it moves the cursor`);
    return line;
  };
}

/** A hundred of each kind would only repeat themselves. */
const frames = samplePackets().filter((_, index) => index % 37 === 0);

const filters: readonly string[] = [
  "tcp port 80 and not host 10.0.0.1",
  "(src net 2001:db8::/32 or dst portrange 50-90) && ! arp",
  "tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn or ip[6:2] & 0x1fff != 0",
  "ether host 02:00:00:00:00:01 or ether proto 0x88cc or len >= 1000",
  "src or dst port 53 or 5353 or icmp6",
];

export const captureTargets: readonly Target[] = [
  { kind: "bytes", name: "Ethernet frame", decode: reads("ethernet"), samples: frames, refuses: [] },
  {
    kind: "bytes",
    name: "IP packet",
    decode: reads("ip"),
    samples: frames.map((frame) => frame.slice(14)),
    refuses: [],
  },
  {
    kind: "text",
    name: "capture filter",
    decode: (text) => compileFilter(parseFilter(text), { linkType: "ethernet", snapBytes: 96 }),
    samples: filters,
    refuses: [SyntaxError, RangeError],
  },
  {
    kind: "text",
    name: "capture place",
    decode: parseCapturePlace,
    samples: [
      "web",
      "web:eth0",
      "sandbox:web:eth0",
      "netns:blue",
      "pid:17:lo",
      "/run/netns/blue:eth0",
      "link:lo",
      "any",
    ],
    refuses: [SyntaxError, RangeError],
  },
];
