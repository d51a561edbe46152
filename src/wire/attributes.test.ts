import { describe, expect, test } from "bun:test";
import { hex } from "../lib/mod.ts";
import { attr, attributes, cString, DecodeError, NLA_F_NESTED, repeatedAttr, u32, u32be } from "./mod.ts";

const info = attributes("IFLA_INFO", { kind: attr(1, cString) });
const link = attributes("IFLA", {
  ifname: attr(3, cString),
  mtu: attr(4, u32),
  linkinfo: attr(18 | NLA_F_NESTED, info),
  elem: repeatedAttr(40, u32be),
});

// Layout from include/uapi/linux/netlink.h: length, type, payload, padding to four bytes.
const bytes = hex(`
  08 00 03 00  62 72 30 00                  # IFLA_IFNAME "br0" NUL
  08 00 04 00  dc 05 00 00                  # IFLA_MTU 1500
  10 00 12 80  0b 00 01 00  62 72 69 64 67 65 00 00  # IFLA_LINKINFO { IFLA_INFO_KIND "bridge" NUL, padding }
  08 00 28 00  00 00 00 01                  # the repeated one, twice
  08 00 28 00  00 00 00 02`);
const value = { ifname: "br0", mtu: 1500, linkinfo: { kind: "bridge" }, elem: [1, 2] };

describe("attributes", () => {
  test("encode and decode nested and repeated ones", () => {
    expect(link.encode(value)).toEqual(bytes);
    expect(link.decode(bytes)).toEqual(value);
  });

  test("keep what they do not know", () => {
    const decoded = link.decode(hex("05 00 63 00 07 00 00 00"));
    expect(decoded).toEqual({ unknown: [{ type: 0x63, payload: hex("07") }] });
  });

  test.each([
    {
      name: "a length past the end",
      bytes: "0c 00 04 00 00 00 00 00",
      want: "IFLA_MTU says 8 bytes of payload, 4 are left",
    },
    { name: "a length below the header", bytes: "03 00 04 00", want: "IFLA_MTU says 3 bytes" },
    {
      name: "a payload too long for its type",
      bytes: "0c 00 04 00 00 00 00 00 00 00 00 00",
      want: "Cannot decode IFLA_MTU: 4 bytes follow",
    },
    {
      name: "a fault inside a nested one",
      bytes: "0c 00 12 80 09 00 01 00 62 72 00 00",
      want: "Cannot decode IFLA_LINKINFO: IFLA_INFO_KIND says",
    },
  ])("refuse $name", ({ bytes, want }) => {
    expect(() => link.decode(hex(bytes))).toThrow(DecodeError);
    expect(() => link.decode(hex(bytes))).toThrow(want);
  });

  test("name the attribute at an offset", () => {
    expect(link.locate(bytes, 8)).toBe("IFLA_MTU");
    expect(link.locate(bytes, 20)).toBe("IFLA_LINKINFO/IFLA_INFO_KIND");
    expect(link.locate(bytes, 400)).toBeUndefined();
  });
});
