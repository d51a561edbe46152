import { expect, test } from "bun:test";
import { type Codec, DecodeError } from "../../wire/mod.ts";
import { addressMessage } from "./address.ts";
import { captures } from "./captures.ts";
import { bridgePortMessage, linkMessage } from "./link.ts";
import { glanceAtLinkMessage } from "./link-glance.ts";
import { neighbourMessage } from "./neighbour.ts";
import { qdiscMessage } from "./qdisc.ts";
import { routeMessage } from "./route.ts";
import { ruleMessage } from "./rule.ts";

type Decoder = Pick<Codec<unknown, never>, "decode">;

const codecs: readonly { name: string; codec: Decoder; samples: readonly Uint8Array[] }[] = [
  {
    name: "linkMessage",
    codec: linkMessage,
    samples: [captures.bridgeLink, captures.vethPortLink, captures.vxlanLink],
  },
  {
    name: "glanceAtLinkMessage",
    codec: { decode: glanceAtLinkMessage },
    samples: [captures.bridgeLink, captures.vethPortLink],
  },
  { name: "bridgePortMessage", codec: bridgePortMessage, samples: [captures.vethPortLink] },
  { name: "addressMessage", codec: addressMessage, samples: [captures.ipv4Address, captures.ipv6Address] },
  { name: "routeMessage", codec: routeMessage, samples: [captures.multipathRoute, captures.unreachableRoute] },
  { name: "ruleMessage", codec: ruleMessage, samples: [captures.rule] },
  { name: "neighbourMessage", codec: neighbourMessage, samples: [captures.neighbour, captures.vxlanFdbEntry] },
  { name: "qdiscMessage", codec: qdiscMessage, samples: [captures.tbfQdisc] },
];

/** mulberry32: the same numbers on every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

function expectValueOrDecodeError(codec: Decoder, bytes: Uint8Array): void {
  try {
    codec.decode(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
}

test.each(codecs)("$name answers truncated bytes with a value or a DecodeError", ({ codec, samples }) => {
  for (const sample of samples) {
    expect(() => codec.decode(sample)).not.toThrow();
    for (let length = 0; length < sample.length; length++) expectValueOrDecodeError(codec, sample.subarray(0, length));
  }
});

test.each(codecs)("$name answers damaged and random bytes with a value or a DecodeError", ({ codec, samples }) => {
  const random = randomNumbers(1);
  for (const sample of samples) {
    for (let round = 0; round < 1000; round++) {
      const damaged = sample.slice();
      for (let hits = 1 + (random() % 4); hits > 0; hits--) damaged[random() % damaged.length] = random() & 0xff;
      expectValueOrDecodeError(codec, damaged);
    }
  }
  for (let round = 0; round < 1000; round++) {
    expectValueOrDecodeError(
      codec,
      Uint8Array.from({ length: random() % 200 }, () => random() & 0xff),
    );
  }
});
