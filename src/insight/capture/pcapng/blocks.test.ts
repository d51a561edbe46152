import { describe, expect, test } from "bun:test";
import { hex } from "../../../lib/mod.ts";
import { type IpAddress, parseIpAddress, parseMacAddress } from "../../../net/mod.ts";
import { encodeInterface, encodeNames, encodeSection, encodeStatistics, LinkType } from "./blocks.ts";
import { PACKET_OVERHEAD_BYTES, type PacketFields, PacketFlags, writePacketBlock } from "./packet-block.ts";

describe("pcapng blocks are those of the specification", () => {
  test("section header, section 4.1", () => {
    expect(encodeSection({ application: "weft" })).toEqual(
      hex(`
        0a0d0d0a 34000000            # type, total length 52
        4d3c2b1a 0100 0000           # byte-order magic, version 1.0
        ffffffffffffffff             # section length: not known
        0300 0500 4c696e7578 000000  # shb_os "Linux", 3 bytes of padding
        0400 0400 77656674           # shb_userappl "weft"
        0000 0000                    # opt_endofopt
        34000000`),
    );
  });

  test("interface description, section 4.2", () => {
    const described = encodeInterface({
      linkType: LinkType.ethernet,
      snapBytes: 262_144,
      name: "eth0",
      description: "sandbox a",
      mac: parseMacAddress("02:00:00:00:00:01"),
      filter: "arp",
    });
    expect(described).toEqual(
      hex(`
        01000000 4c000000
        0100 0000 00000400                              # LINKTYPE_ETHERNET, reserved, SnapLen
        0200 0400 65746830                              # if_name
        0300 0900 73616e64626f782061 000000             # if_description
        0600 0600 020000000001 0000                     # if_MACaddr
        0900 0100 09 000000                             # if_tsresol: 10^-9
        0b00 0400 00 617270                             # if_filter: 0 is a libpcap string
        0000 0000
        4c000000`),
    );
  });

  test("packets, section 4.3", () => {
    const buffer = new Uint8Array(256).fill(0xee);
    const fields: PacketFields = {
      interface: 1,
      // 1,795,557,424,441,919,731 ns are 0x18eb19f6_d9ad08f3
      seconds: 1_795_557_424,
      nanoseconds: 441_919_731,
      flags: PacketFlags.inbound | PacketFlags.broadcast,
      ...{ source: hex("ff 01 02 03 04 05 ff"), offset: 1, capturedBytes: 5, lengthBytes: 60, vlanTag: -1 },
    };
    const end = writePacketBlock({ bytes: buffer, view: new DataView(buffer.buffer) }, 0, fields);
    expect(BigInt(fields.seconds) * 1_000_000_000n + BigInt(fields.nanoseconds)).toBe(0x18eb_19f6_d9ad_08f3n);
    expect<Uint8Array>(buffer.slice(0, end)).toEqual(
      hex(`
        06000000 34000000
        01000000                     # interface
        f619eb18 f308add9            # timestamp, upper and lower half
        05000000 3c000000            # captured, original length
        0102030405 000000            # packet, padding
        0200 0400 0d000000           # epb_flags: inbound, broadcast
        0000 0000
        34000000`),
    );
    expect(end).toBeLessThanOrEqual(fields.capturedBytes + 4 + PACKET_OVERHEAD_BYTES);
  });

  test("a VLAN tag that the kernel took out is put back", () => {
    const buffer = new Uint8Array(256);
    const frame = hex("020000000002 020000000001 0800 45");
    const fields: PacketFields = {
      ...{ interface: 0, seconds: 0, nanoseconds: 1, flags: PacketFlags.outbound },
      ...{ source: frame, offset: 0, capturedBytes: 15, lengthBytes: 1000, vlanTag: 0x8100_0064 },
    };
    const end = writePacketBlock({ bytes: buffer, view: new DataView(buffer.buffer) }, 0, fields);
    expect<Uint8Array>(buffer.slice(0, end)).toEqual(
      hex(`
        06000000 40000000
        00000000 00000000 01000000
        13000000 ec030000                                     # four bytes more of both lengths
        020000000002 020000000001 8100 0064 0800 45 00        # 802.1Q, VLAN 100
        0200 0400 02000000 0000 0000
        40000000`),
    );
  });

  test("every nanosecond keeps its place", () => {
    const buffer = new Uint8Array(64);
    const view = new DataView(buffer.buffer);
    for (const seconds of [0, 1, 65_535, 65_536, 1_795_557_424, 0xffff_ffff]) {
      for (const nanoseconds of [0, 1, 294_967_295, 294_967_296, 999_999_999]) {
        const place = {
          interface: 0,
          flags: 0,
          source: buffer,
          offset: 0,
          capturedBytes: 0,
          lengthBytes: 0,
          vlanTag: -1,
        };
        writePacketBlock({ bytes: buffer, view }, 0, { ...place, seconds, nanoseconds });
        const written = (BigInt(view.getUint32(12, true)) << 32n) | BigInt(view.getUint32(16, true));
        expect(written).toBe(BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds));
      }
    }
  });

  test("names, section 4.5", () => {
    const names = new Map<IpAddress, string>([
      [parseIpAddress("10.0.0.2"), "web"],
      [parseIpAddress("2001:db8::2"), "web"],
    ]);
    expect(encodeNames(names)).toEqual(
      hex(`
        04000000 34000000
        0100 0800 0a000002 77656200                                     # nrb_record_ipv4
        0200 1400 20010db8000000000000000000000002 77656200             # nrb_record_ipv6
        0000 0000                                                       # nrb_record_end
        34000000`),
    );
  });

  test("interface statistics, section 4.6", () => {
    const seen = { interface: 2, startTime: 1n, endTime: 0x1_0000_0002n, accepted: 10, dropped: 3, delivered: 7 };
    expect(encodeStatistics(seen)).toEqual(
      hex(`
        05000000 58000000
        02000000 01000000 02000000
        0200 0800 00000000 01000000            # isb_starttime
        0300 0800 01000000 02000000            # isb_endtime
        0600 0800 0a00000000000000             # isb_filteraccept
        0700 0800 0300000000000000             # isb_osdrop
        0800 0800 0700000000000000             # isb_usrdeliv
        0000 0000
        58000000`),
    );
  });
});
