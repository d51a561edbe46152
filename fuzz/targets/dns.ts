import { encodeUpstreamQuery, readName, readQuery, readReply, renderReply } from "../../src/dns/codec/mod.ts";
import { DecodeError } from "../../src/wire/mod.ts";
import type { Target } from "../target.ts";

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/\s/g, ""), "hex"));

const question = "03 77 65 62 05 66 72 6f 6e 74 00 0001 0001"; // web.front A IN
const plain = bytes(`1234 0100 0001 0000 0000 0000 ${question}`);
/** With a payload size of 1,232 and a cookie. */
const extended = bytes(
  `1234 0120 0001 0000 0000 0001 ${question} 00 0029 04d0 0000 8000 000c 000a 0008 0102030405060708`,
);

function asked(): Extract<ReturnType<typeof readQuery>, { kind: "query" }> {
  const query = readQuery(plain);
  if (query?.kind !== "query") throw new Error("Cannot fuzz the resolver: its own query is malformed");
  return query;
}
const query = asked();
const sent = encodeUpstreamQuery(0x4242, query);

export const dnsTargets: readonly Target[] = [
  { kind: "bytes", name: "DNS query", decode: readQuery, samples: [plain, extended], refuses: [] },
  {
    kind: "bytes",
    name: "DNS name",
    decode: (message) => readName(message, { start: 0, end: message.length }, Math.min(12, message.length)),
    samples: [bytes(`${"00".repeat(12)} 03 77 65 62 00`), bytes(`${"00".repeat(6)} 03 77 65 62 00 00 01 61 c006`)],
    refuses: [DecodeError],
  },
  {
    kind: "bytes",
    name: "DNS reply of an upstream, relayed",
    decode: (message) => renderReply(readReply(message, sent), query, { ageSeconds: 3, limitBytes: 512 }),
    samples: [
      // A CNAME and its address; and a name that does not exist, with the zone's SOA.
      bytes(`4242 8180 0001 0002 0000 0001 ${question} c00c 0005 0001 0000003c 0004 01 62 c010
             c027 0001 0001 0000000a 0004 01020304 00 0029 1000 0000 0000 0000`),
      bytes(`4242 8183 0001 0000 0001 0000 ${question}
             c010 0006 0001 00000e10 0018 c00c c00c 00000001 00000002 00000003 00000004 0000001e`),
    ],
    refuses: [DecodeError],
  },
];
