import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { DecodeError } from "../../wire/mod.ts";
import { captures } from "./captures.ts";
import { linkMessage } from "./link.ts";
import { glanceAtLinkMessage } from "./link-glance.ts";

const header = "07 00 01 00  03 00 00 00  43 10 01 00  00 00 00 00"; // AF_BRIDGE, index 3

test("a glance finds index, name and alias", () => {
  const message = hex(`${header}
    08 00 04 00  dc 05 00 00                          # IFLA_MTU 1500
    07 00 03 00  76 30 00 00                          # IFLA_IFNAME "v0" NUL
    0a 00 14 00  77 65 66 74 20 78 00 00              # IFLA_IFALIAS "weft x", without a NUL
    08 00 0a 00  02 00 00 00`);
  expect(glanceAtLinkMessage(message)).toEqual({ family: 7, index: 3, name: "v0", alias: "weft x" });
});

test("a glance leaves out what is not there", () => {
  expect(glanceAtLinkMessage(hex(header))).toEqual({ family: 7, index: 3 });
});

test.each(["bridgeLink", "vethPortLink", "vxlanLink"] as const)("a glance at %s says what decoding it says", (name) => {
  const { header, attributes } = linkMessage.decode(captures[name]);
  expect(glanceAtLinkMessage(captures[name])).toMatchObject({
    index: header.index,
    name: attributes.ifname,
    kind: attributes.linkinfo?.kind,
    address: attributes.address,
    operState: attributes.operstate,
  });
});

test("an attribute longer than the message is an error", () => {
  expect(() => glanceAtLinkMessage(hex(`${header}  ff 00 03 00  76 30 00 00`))).toThrow(DecodeError);
  expect(() => glanceAtLinkMessage(hex("07 00"))).toThrow("Cannot decode ifinfomsg: want 16 bytes, 2 are left");
});
