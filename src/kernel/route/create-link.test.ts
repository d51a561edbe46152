import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { parseLinkName } from "../../net/mod.ts";
import { linkMessage } from "../../netlink/route/mod.ts";
import { parseLinkIndex } from "../objects/mod.ts";
import { createIpvlanStep, createMacvlanStep, createVlanStep } from "./create-link.ts";
import type { Step } from "./step.ts";

const link = { name: parseLinkName("iv0"), lower: parseLinkIndex(3) };

/**
 * What iproute2 6.1 sent for `ip link add link NAME name iv0 type …`, the link below being number 3, seen by strace. It leaves out
 * the NUL behind a kind and the flag of nested attributes, which the kernel does not ask for: so the two are compared as decoded.
 */
const requests: readonly { readonly command: string; readonly ours: Step; readonly theirs: string }[] = [
  {
    command: "ipvlan mode l2 bridge",
    ours: createIpvlanStep({ ...link, mode: "l2", flag: "bridge" }),
    theirs: "240012000a0001006970766c616e0000140002000600010000000000060002000000 0000",
  },
  {
    command: "ipvlan mode l3 private",
    ours: createIpvlanStep({ ...link, mode: "l3", flag: "private" }),
    theirs: "240012000a0001006970766c616e0000140002000600010001000000060002000100 0000",
  },
  {
    command: "ipvlan mode l3s vepa",
    ours: createIpvlanStep({ ...link, mode: "l3s", flag: "vepa" }),
    theirs: "240012000a0001006970766c616e0000140002000600010002000000060002000200 0000",
  },
  {
    command: "vlan id 10",
    ours: createVlanStep({ ...link, id: 10 }),
    theirs: "1800120008000100766c616e0c000200060001000a000000",
  },
  {
    command: "macvlan mode private",
    ours: createMacvlanStep({ ...link, mode: "private" }),
    theirs: "1c0012000b0001006d6163766c616e000c0002000800010001000000",
  },
];

const HEADER = "00000000000000000000000000000000 0800050003000000 0800030069763000";

test.each(requests)("$command is what iproute2 says", ({ ours, theirs }) => {
  expect(linkMessage.decode(ours.request.payload)).toEqual(linkMessage.decode(hex(`${HEADER} ${theirs}`)));
});
