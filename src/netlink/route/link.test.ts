import { describe, expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { macBytes, parseIpAddress, parseMacAddress } from "../../net/mod.ts";
import { captures } from "./captures.ts";
import { bridgePortMessage, type LinkMessageInput, linkMessage } from "./link.ts";

// Layouts from include/uapi/linux/if_link.h; Linux 6.18 took every one of these.
const cases: readonly { name: string; value: LinkMessageInput; bytes: string }[] = [
  {
    name: "a bridge that is up at once, with options",
    value: {
      header: { flags: 1, change: 1 },
      attributes: {
        ifname: "br0",
        mtu: 1400,
        linkinfo: { kind: "bridge", bridge: { ageingTime: 6000, stpState: 0, mcastSnooping: false } },
      },
    },
    bytes: `
      00 00 00 00  00 00 00 00  01 00 00 00  01 00 00 00  # ifinfomsg: AF_UNSPEC, no index, IFF_UP of IFF_UP
      08 00 03 00  62 72 30 00                            # IFLA_IFNAME "br0"
      08 00 04 00  78 05 00 00                            # IFLA_MTU 1400
      2c 00 12 80                                         # IFLA_LINKINFO, nested
        0b 00 01 00  62 72 69 64 67 65 00 00              # IFLA_INFO_KIND "bridge"
        1c 00 02 80                                       # IFLA_INFO_DATA, nested
          08 00 04 00  70 17 00 00                        # IFLA_BR_AGEING_TIME 60 s
          08 00 05 00  00 00 00 00                        # IFLA_BR_STP_STATE off
          05 00 17 00  00 00 00 00                        # IFLA_BR_MCAST_SNOOPING off`,
  },
  {
    name: "a veth with its peer in the namespace of descriptor 9",
    value: {
      header: {},
      attributes: {
        ifname: "v0",
        master: 2,
        linkinfo: {
          kind: "veth",
          veth: {
            peer: {
              header: {},
              attributes: { ifname: "eth0", address: macBytes(parseMacAddress("02:00:00:00:00:02")), netNsFd: 9 },
            },
          },
        },
      },
    },
    bytes: `
      00 00 00 00  00 00 00 00  00 00 00 00  00 00 00 00
      07 00 03 00  76 30 00 00                            # IFLA_IFNAME "v0"
      08 00 0a 00  02 00 00 00                            # IFLA_MASTER 2
      48 00 12 80
        09 00 01 00  76 65 74 68 00 00 00 00              # IFLA_INFO_KIND "veth"
        38 00 02 80
          34 00 01 00                                     # VETH_INFO_PEER, a header and attributes
            00 00 00 00  00 00 00 00  00 00 00 00  00 00 00 00
            0a 00 01 00  02 00 00 00 00 02 00 00          # IFLA_ADDRESS
            09 00 03 00  65 74 68 30 00 00 00 00          # IFLA_IFNAME "eth0"
            08 00 1c 00  09 00 00 00                      # IFLA_NET_NS_FD
    `,
  },
  {
    name: "a port that is isolated",
    value: {
      header: { index: 3 },
      attributes: { linkinfo: { slaveKind: "bridge", bridgePort: { isolated: true } } },
    },
    bytes: `
      00 00 00 00  03 00 00 00  00 00 00 00  00 00 00 00
      1c 00 12 80
        0b 00 04 00  62 72 69 64 67 65 00 00              # IFLA_INFO_SLAVE_KIND "bridge"
        0c 00 05 80  05 00 21 00  01 00 00 00             # IFLA_INFO_SLAVE_DATA { IFLA_BRPORT_ISOLATED }`,
  },
  {
    name: "a VXLAN link",
    value: {
      header: {},
      attributes: { linkinfo: { kind: "vxlan", vxlan: { id: 42, local: parseIpAddress("10.9.0.1"), port: 4789 } } },
    },
    bytes: `
      00 00 00 00  00 00 00 00  00 00 00 00  00 00 00 00
      2c 00 12 80
        0a 00 01 00  76 78 6c 61 6e 00 00 00
        1c 00 02 80
          08 00 01 00  2a 00 00 00
          08 00 04 00  0a 09 00 01
          06 00 0f 00  12 b5 00 00                        # port in network order`,
  },
  {
    name: "kinds that this kernel lacks: ipvlan in mode l3",
    value: { header: {}, attributes: { link: 2, linkinfo: { kind: "ipvlan", ipvlan: { mode: 1 } } } },
    bytes: `
      00 00 00 00  00 00 00 00  00 00 00 00  00 00 00 00
      08 00 05 00  02 00 00 00                            # IFLA_LINK
      1c 00 12 80
        0b 00 01 00  69 70 76 6c 61 6e 00 00
        0c 00 02 80  06 00 01 00  01 00 00 00`,
  },
  {
    name: "kinds that this kernel lacks: VLAN 5",
    value: { header: {}, attributes: { link: 2, linkinfo: { kind: "vlan", vlan: { id: 5 } } } },
    bytes: `
      00 00 00 00  00 00 00 00  00 00 00 00  00 00 00 00
      08 00 05 00  02 00 00 00
      1c 00 12 80
        09 00 01 00  76 6c 61 6e 00 00 00 00
        0c 00 02 80  06 00 01 00  05 00 00 00`,
  },
  {
    name: "alternative names",
    value: { header: { index: 3 }, attributes: { propList: { altIfname: ["web", "a-name-over-15-bytes"] } } },
    bytes: `
      00 00 00 00  03 00 00 00  00 00 00 00  00 00 00 00
      28 00 34 80                                         # IFLA_PROP_LIST, nested
        08 00 35 00  77 65 62 00                          # IFLA_ALT_IFNAME
        19 00 35 00  61 2d 6e 61 6d 65 2d 6f 76 65 72 2d 31 35 2d 62 79 74 65 73 00  00 00 00`,
  },
];

test.each(cases)("linkMessage encodes $name", ({ value, bytes }) => {
  expect(linkMessage.encode(value)).toEqual(hex(bytes));
});

describe("linkMessage decodes what the kernel sent", () => {
  test("for a bridge", () => {
    const { header, attributes } = linkMessage.decode(captures.bridgeLink);
    expect(header).toMatchObject({ family: 0, index: 2, flags: 0x1002 });
    expect(attributes).toMatchObject({ ifname: "br0", mtu: 1500, operstate: 2, minMtu: 68, qdisc: "noop" });
    expect(attributes.linkinfo).toMatchObject({
      kind: "bridge",
      bridge: { ageingTime: 6000, forwardDelay: 0, mcastSnooping: false, fdbMaxLearned: 0, mcastHashMax: 4096 },
    });
    expect(attributes.stats64).toMatchObject({ rxPackets: 0n, rxOtherhostDropped: 0n });
  });

  test("for a veth that is a port", () => {
    const { attributes } = linkMessage.decode(captures.vethPortLink);
    expect(attributes).toMatchObject({ ifname: "v0", ifalias: "weft:x", master: 2, link: 2, linkNetnsid: 0 });
    expect(attributes.linkinfo).toMatchObject({
      kind: "veth",
      slaveKind: "bridge",
      bridgePort: { isolated: true, learning: true, mode: false, state: 0, cost: 2 },
    });
  });

  test("for a VXLAN link", () => {
    expect(linkMessage.decode(captures.vxlanLink).attributes.linkinfo).toMatchObject({
      kind: "vxlan",
      vxlan: { id: 42, local: parseIpAddress("10.9.0.1"), port: 4789, learning: false, ageing: 300 },
    });
  });
});

test("the data of a kind that we do not know is kept, as sent", () => {
  const bytes = hex(`
    00 00 00 00  01 00 00 00  00 00 00 00  00 00 00 00
    1c 00 12 80  08 00 01 00  67 72 65 00
                 10 00 02 80  08 00 01 00  01 00 00 00  00 00 00 00`);
  expect(linkMessage.decode(bytes).attributes.linkinfo).toEqual({
    kind: "gre",
    data: hex("08 00 01 00  01 00 00 00  00 00 00 00"),
  });
});

test("a bridge's port in a message of family AF_BRIDGE", () => {
  const bytes = hex(`
    07 00 01 00  03 00 00 00  43 10 00 00  00 00 00 00
    07 00 03 00  76 30 00 00
    0c 00 0c 80  05 00 01 00  03 00 00 00                 # IFLA_PROTINFO { IFLA_BRPORT_STATE forwarding }`);
  expect(bridgePortMessage.decode(bytes).attributes).toEqual({ ifname: "v0", protinfo: { state: 3 } });
});

test.each([
  { name: "the kind", offset: 36, path: "IFLA_LINKINFO/IFLA_INFO_KIND" },
  { name: "an option inside the data", offset: 60, path: "IFLA_LINKINFO/IFLA_INFO_DATA/IFLA_BR_STP_STATE" },
  { name: "nothing: the header", offset: 4, path: undefined },
])("an offset is resolved to $name", ({ offset, path }) => {
  const bytes = linkMessage.encode({
    header: {},
    attributes: { ifname: "br0", mtu: 9, linkinfo: { kind: "bridge", bridge: { ageingTime: 1, stpState: 0 } } },
  });
  expect(linkMessage.locate(bytes, offset)).toEqual(path);
});

test("an offset inside a veth's peer is resolved", () => {
  const bytes = hex(cases[1]?.bytes ?? "");
  const path = "IFLA_LINKINFO/IFLA_INFO_DATA/VETH_INFO_PEER/IFLA_IFNAME";
  expect(linkMessage.locate(bytes, 88)).toBe(path);
});
