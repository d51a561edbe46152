import { expect, test } from "bun:test";
import { parseResolvConf } from "./host-resolver.ts";

test.each([
  { what: "nothing", text: "", servers: [], search: [], options: [] },
  {
    what: "the usual",
    text: "# made by something\nnameserver 192.0.2.1\nnameserver 2001:db8::1\nsearch a.test b.test\noptions ndots:2 rotate\n",
    servers: [{ address: "192.0.2.1" }, { address: "2001:db8::1" }],
    search: ["a.test", "b.test"],
    options: ["ndots:2", "rotate"],
  },
  {
    what: "the last of search and domain, and all options",
    text: "domain a.test\nsearch b.test\noptions rotate\noptions timeout:1",
    servers: [],
    search: ["b.test"],
    options: ["rotate", "timeout:1"],
  },
  {
    what: "lines that make no sense are skipped",
    text: "nameserver\nnameserver banana\n  nameserver\t10.0.0.1 ; the good one\nfoo bar\nsortlist 10.0.0.0",
    servers: [{ address: "10.0.0.1" }],
    search: [],
    options: [],
  },
  {
    what: "servers on a link",
    text: "nameserver fe80::1%eth0\nnameserver fe80::2%7\nnameserver fe80::3%a/b",
    servers: [
      { address: "fe80::1", zone: "eth0" },
      { address: "fe80::2", zone: 7 },
    ],
    search: [],
    options: [],
  },
])("parseResolvConf reads $what", ({ text, servers, search, options }) => {
  expect(parseResolvConf(text) as unknown).toEqual({ servers, search, options });
});
