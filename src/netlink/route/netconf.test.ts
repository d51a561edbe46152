import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { NETCONFA_IFINDEX_ALL, netconfMessage } from "./mod.ts";

// Layout from include/uapi/linux/netconf.h; the answer is one of Linux 6.18.
test("all links' forwarding is asked for by the number -1", () => {
  const question = netconfMessage.encode({ header: { family: 2 }, attributes: { ifindex: NETCONFA_IFINDEX_ALL } });
  expect(question).toEqual(hex("02 00 00 00  08 00 01 00 ff ff ff ff"));
  const answer = hex("02 00 00 00  08 00 01 00 ff ff ff ff  08 00 02 00 01 00 00 00  08 00 03 00 00 00 00 00");
  expect(netconfMessage.decode(answer).attributes).toMatchObject({ ifindex: -1, forwarding: 1 });
});
