import { expect, test } from "bun:test";
import { allocateKernelMemory } from "./kernel-memory.ts";
import { PacketDirection, PacketRing } from "./packet-ring.ts";

const BLOCK_BYTES = 4096;

interface Packet {
  readonly seconds: number;
  readonly text: string;
  readonly direction: PacketDirection;
  readonly vlan?: { readonly tci: number; readonly tpid?: number };
}

/** Fills a block as `prb_fill_curr_block` of net/packet/af_packet.c does, with the layout of include/uapi/linux/if_packet.h. */
function fillBlock(view: DataView, block: number, packets: readonly Packet[]): void {
  const start = block * BLOCK_BYTES;
  view.setUint32(start + 12, packets.length, true); // num_pkts
  view.setUint32(start + 16, 48, true); // offset_to_first_pkt
  let at = start + 48;
  for (const { seconds, text, direction, vlan } of packets) {
    view.setUint32(at, 256, true); // tp_next_offset
    view.setUint32(at + 4, seconds, true);
    view.setUint32(at + 8, 999_999_999, true);
    view.setUint32(at + 12, text.length, true); // tp_snaplen
    view.setUint32(at + 16, 1500, true); // tp_len
    const tagged = vlan === undefined ? 0 : vlan.tpid === undefined ? 1 << 4 : (1 << 4) | (1 << 6);
    view.setUint32(at + 20, 1 | tagged, true); // tp_status
    view.setUint16(at + 24, 82, true); // tp_mac
    view.setUint32(at + 32, vlan?.tci ?? 0, true);
    view.setUint16(at + 36, vlan?.tpid ?? 0, true);
    view.setUint8(at + 58, direction); // sll_pkttype
    for (const [index, character] of [...text].entries()) view.setUint8(at + 82 + index, character.charCodeAt(0));
    at += 256;
  }
  view.setUint32(start + 8, 1, true); // block_status: TP_STATUS_USER
}

function read(ring: PacketRing): string {
  return new TextDecoder().decode(ring.bytes.subarray(ring.dataOffset, ring.dataOffset + ring.capturedBytes));
}

test("a ring is read block after block, and each goes back when its last packet was skipped", () => {
  const memory = allocateKernelMemory(2 * BLOCK_BYTES);
  const ring = new PacketRing({ address: memory.address, blockBytes: BLOCK_BYTES, blocks: 2 });
  const status = (block: number): number => memory.view.getUint32(block * BLOCK_BYTES + 8, true);
  expect(ring.ready()).toBe(false);
  const { host, outgoing, broadcast } = PacketDirection;
  fillBlock(memory.view, 0, [
    { seconds: 7, text: "one", direction: host },
    { seconds: 8, text: "three", direction: outgoing, vlan: { tci: 100, tpid: 0x88a8 } },
  ]);
  expect(ring.ready()).toBe(true);
  expect(ring.ready()).toBe(true); // looking takes nothing
  expect([read(ring), ring.seconds, ring.nanoseconds, ring.direction]).toEqual(["one", 7, 999_999_999, host]);
  expect([ring.capturedBytes, ring.lengthBytes, ring.vlanTag]).toEqual([3, 1500, -1]);
  ring.skip();
  expect(status(0)).toBe(1);
  expect(ring.ready()).toBe(true);
  expect([read(ring), ring.direction, ring.vlanTag]).toEqual(["three", outgoing, 0x88a8_0064]);
  ring.skip();
  expect(status(0)).toBe(0);
  expect(ring.ready()).toBe(false);
  fillBlock(memory.view, 1, [{ seconds: 9, text: "four", direction: broadcast, vlan: { tci: 5 } }]);
  expect([ring.ready(), read(ring), ring.vlanTag]).toEqual([true, "four", 0x8100_0005]);
  ring.skip();
  fillBlock(memory.view, 0, [{ seconds: 10, text: "around", direction: host }]);
  expect([ring.ready(), read(ring)]).toEqual([true, "around"]);
});
