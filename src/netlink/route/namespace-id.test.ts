import { expect, test } from "bun:test";
import { hex } from "../../lib/mod.ts";
import { namespaceIdMessage } from "./mod.ts";

// Layout from include/uapi/linux/net_namespace.h; `ip netns list-id` of iproute2 6.1 sends the question like this.
test("a namespace is asked for by a descriptor, and has a number or none", () => {
  const question = namespaceIdMessage.encode({ header: {}, attributes: { fd: 5 } });
  expect(question).toEqual(hex("00 00 00 00  08 00 03 00 05 00 00 00"));
  const answer = (nsid: string) => namespaceIdMessage.decode(hex(`00 00 00 00  08 00 01 00 ${nsid}`)).attributes;
  expect(answer("07 00 00 00")).toEqual({ nsid: 7 });
  expect(answer("ff ff ff ff")).toEqual({ nsid: -1 });
});
