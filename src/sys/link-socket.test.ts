import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { openLinkSocket } from "./link-socket.ts";
import { createNetns, inNetns, type Netns } from "./netns.ts";

const privileged = process.getuid?.() === 0;

/** Takes frames of type 0x88b5 alone, which IEEE keeps for experiments. */
const filter = [
  { code: 0x28, jt: 0, jf: 0, k: 12 },
  { code: 0x15, jt: 0, jf: 1, k: 0x88b5 },
  { code: 0x06, jt: 0, jf: 0, k: 0x40000 },
  { code: 0x06, jt: 0, jf: 0, k: 0 },
];

function frame(type: number, text: string): Uint8Array {
  const head = Uint8Array.of(255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, type >> 8, type & 0xff);
  return new Uint8Array(Buffer.concat([head, Buffer.from(text)]));
}

function ip(netns: Netns, words: string): void {
  const { exitCode, stderr } = inNetns(netns, () => Bun.spawnSync(["ip", ...words.split(" ")]));
  if (exitCode !== 0) throw new Error(`Cannot run ip ${words}: ${stderr}`);
}

describe.if(privileged)("a socket for frames of a link", () => {
  test("sends and receives what its filter lets through, and says nothing when there is none", async () => {
    using netns = createNetns();
    ip(netns, "link add a0 type veth peer name b0");
    for (const name of ["a0", "b0"]) ip(netns, `link set ${name} up`);
    using left = openLinkSocket({ netns, link: "a0", filter });
    using right = openLinkSocket({ netns, link: "b0", filter });
    expect(right.receive()).toBeUndefined();
    let heard: Uint8Array | undefined;
    for (let look = 0; heard === undefined && look < 1000; look++) {
      // Again and again: until the kernel has told the link of its carrier, it throws frames away.
      left.send(frame(0x88b6, "not this one"));
      left.send(frame(0x88b5, "this one"));
      await Bun.sleep(5);
      heard = right.receive();
    }
    expect(
      Buffer.from(heard ?? [])
        .subarray(14)
        .toString(),
    ).toBe("this one");
    ip(netns, "link set a0 down");
    expect(() => left.send(frame(0x88b5, "late"))).toThrow("Cannot send a frame: ENETDOWN");
  });

  test("is refused on a link that is not there, and leaves no descriptor", async () => {
    using netns = createNetns();
    const before = readdirSync("/proc/self/fd").length;
    expect(() => openLinkSocket({ netns, link: "none0", filter })).toThrow('Cannot find link "none0"');
    openLinkSocket({ netns, link: "lo", filter })[Symbol.dispose]();
    for (let look = 0; look < 1000 && readdirSync("/proc/self/fd").length > before; look++) await Bun.sleep(1);
    expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(before);
  });
});
