import { decodeFlowEvent } from "../../src/kernel/conntrack/mod.ts";
import { decodeTable } from "../../src/kernel/iptables/mod.ts";
import { decodeNftNotification } from "../../src/kernel/nftables/mod.ts";
import { decodeNotification } from "../../src/kernel/route/mod.ts";
import { inetSocketFromMessage, unixSocketFromMessage } from "../../src/kernel/sockdiag/socket-from-message.ts";
import { decodeAck } from "../../src/netlink/connection/ack.ts";
import { splitMessages } from "../../src/netlink/connection/message-format.ts";
import { flowMessage } from "../../src/netlink/conntrack/mod.ts";
import * as nftables from "../../src/netlink/nftables/mod.ts";
import * as route from "../../src/netlink/route/mod.ts";
import { inetSocketMessage, unixSocketMessage } from "../../src/netlink/sockdiag/mod.ts";
import { type Codec, DecodeError } from "../../src/wire/mod.ts";
import type { Target } from "../target.ts";
import { corpus } from "./corpus.ts";

/** `RTM_NEW*`, and after it `NFT_MSG_NEW*` with the subsystem, of the messages in each file of the corpus. */
const routeTypes = { link: 16, address: 20, route: 24, neighbour: 28, rule: 32, fdb: 28, "bridge-port": 16 };
const nftTypes = { table: 0, chain: 3, rule: 6, set: 9, elements: 12, generation: 15 };

const refuses = [DecodeError];

function codecTarget(name: string, codec: Codec<unknown, never>, samples: readonly Uint8Array[]): Target {
  return { kind: "bytes", name, decode: (bytes) => codec.decode(bytes), samples, refuses };
}

const codecs: readonly Target[] = [
  codecTarget("rtnetlink link", route.linkMessage, corpus("rtnetlink-link")),
  codecTarget("rtnetlink address", route.addressMessage, corpus("rtnetlink-address")),
  codecTarget("rtnetlink route", route.routeMessage, corpus("rtnetlink-route")),
  codecTarget("rtnetlink rule", route.ruleMessage, corpus("rtnetlink-rule")),
  codecTarget("rtnetlink neighbour", route.neighbourMessage, corpus("rtnetlink-neighbour")),
  codecTarget("rtnetlink FDB entry", route.neighbourMessage, corpus("rtnetlink-fdb")),
  codecTarget("rtnetlink qdisc", route.qdiscMessage, corpus("rtnetlink-qdisc")),
  codecTarget("rtnetlink bridge port", route.bridgePortMessage, corpus("rtnetlink-bridge-port")),
  codecTarget("nftables table", nftables.nftMessage(nftables.tableAttributes), corpus("nftables-table")),
  codecTarget("nftables chain", nftables.nftMessage(nftables.chainAttributes), corpus("nftables-chain")),
  codecTarget("nftables rule", nftables.nftMessage(nftables.ruleAttributes), corpus("nftables-rule")),
  codecTarget("nftables set", nftables.nftMessage(nftables.setAttributes), corpus("nftables-set")),
  codecTarget("nftables elements", nftables.nftMessage(nftables.elementListAttributes), corpus("nftables-elements")),
  codecTarget("sock_diag TCP or UDP socket", inetSocketMessage, corpus("sockdiag-inet")),
  codecTarget("sock_diag unix socket", unixSocketMessage, corpus("sockdiag-unix")),
  codecTarget("nftables generation", nftables.nftMessage(nftables.generationAttributes), corpus("nftables-generation")),
];

/** `IPCTNL_MSG_CT_NEW` and `_DELETE` with the subsystem. */
const flowTypes = { "new or changed": 0x100, gone: 0x102 };

/** The kernel's fields of a message that is no answer. */
const header = { flags: 0, sequence: 0, portId: 0 };

const notifications: readonly Target[] = [
  ...Object.entries(routeTypes).map(
    ([name, type]): Target => ({
      kind: "bytes",
      name: `rtnetlink notification of ${name}`,
      decode: (payload) => decodeNotification({ ...header, type, payload }),
      samples: corpus(`rtnetlink-${name}`),
      refuses,
    }),
  ),
  ...Object.entries(nftTypes).map(
    ([name, type]): Target => ({
      kind: "bytes",
      name: `nftables notification of ${name}`,
      decode: (payload) => decodeNftNotification({ ...header, type: (10 << 8) | type, payload }),
      samples: corpus(`nftables-${name}`),
      refuses,
    }),
  ),
];

/** The payload of an `NLMSG_ERROR`: -EINVAL, the request's header, the sentence "no", and the offset 36. */
const extendedAck = "eaffffff 14000000100005000100000000000000 070001006e6f0000 0800020024000000".replaceAll(" ", "");

/** A table of iptables-legacy: its head of 84 bytes, and its entries. */
const iptables: readonly Target[] = (["ipv4", "ipv6"] as const).map((family) => ({
  kind: "bytes",
  name: `iptables table of ${family}`,
  decode: (bytes) => decodeTable(family, { info: bytes.subarray(0, 84), entries: bytes.subarray(84) }),
  samples: corpus(`iptables-${family}`),
  refuses,
}));

/** What the clients make of it: a message that is well formed may hold anything. */
const sockets: readonly Target[] = [
  {
    kind: "bytes",
    name: "TCP socket from a message",
    decode: (payload) => inetSocketFromMessage("tcp", inetSocketMessage.decode(payload)),
    samples: corpus("sockdiag-inet"),
    refuses,
  },
  {
    kind: "bytes",
    name: "unix socket from a message",
    decode: (payload) => unixSocketFromMessage(unixSocketMessage.decode(payload)),
    samples: corpus("sockdiag-unix"),
    refuses,
  },
];

const flows: readonly Target[] = [
  codecTarget("conntrack flow", flowMessage, corpus("conntrack-flow")),
  ...Object.entries(flowTypes).map(
    ([name, type]): Target => ({
      kind: "bytes",
      name: `conntrack event of a flow ${name}`,
      decode: (payload) => decodeFlowEvent({ ...header, type, payload }),
      samples: corpus("conntrack-flow"),
      refuses,
    }),
  ),
];

const connection: readonly Target[] = [
  {
    kind: "bytes",
    name: "netlink datagram",
    decode: splitMessages,
    samples: corpus("rtnetlink-address").map((payload) => {
      const message = new Uint8Array(16 + payload.length);
      new DataView(message.buffer).setUint32(0, message.length, true);
      message.set(payload, 16);
      return message;
    }),
    refuses,
  },
  {
    kind: "bytes",
    name: "netlink ack",
    decode: (payload) => decodeAck({ ...header, flags: 0x300, type: 2, payload }),
    samples: [new Uint8Array(Buffer.from(extendedAck, "hex"))],
    refuses,
  },
];

export const netlinkTargets: readonly Target[] = [
  ...codecs,
  ...notifications,
  ...flows,
  ...sockets,
  ...iptables,
  ...connection,
];
