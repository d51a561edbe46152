import { decodeFrame, decodeServerMessage } from "../../src/dhcp/codec/mod.ts";
import { captures } from "../../src/dhcp/testing/captures.ts";
import { DecodeError } from "../../src/wire/mod.ts";
import type { Target } from "../target.ts";

export const dhcpTargets: readonly Target[] = [
  {
    kind: "bytes",
    name: "DHCP frame",
    decode: decodeFrame,
    samples: [captures.acknowledgement, captures.request],
    refuses: [DecodeError],
  },
  {
    kind: "bytes",
    name: "DHCP message of a server",
    decode: decodeServerMessage,
    samples: [captures.acknowledgement.subarray(42)],
    refuses: [DecodeError],
  },
];
