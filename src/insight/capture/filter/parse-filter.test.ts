import { describe, expect, test } from "bun:test";
import { parseIpAddress } from "../../../net/mod.ts";
import { compileFilter } from "./compile-filter.ts";
import { parseFilter } from "./parse-filter.ts";
import { FilterError } from "./tokens.ts";

describe("a filter that makes no sense", () => {
  const cases: readonly (readonly [filter: string, column: number, why: string])[] = [
    ["", 1, "it ends here, want a protocol"],
    ["tcp prt 80", 5, 'there is "prt", want src, dst, port'],
    ["tcp port http", 10, 'there is "http", want the number of a port'],
    ["port 65536", 6, "want the number of a port, from 0 to 65535"],
    ["portrange 80", 11, "want two ports"],
    ["icmp port 80", 1, "want tcp, udp or sctp before port"],
    ["host 10.0.0.256", 6, "want an address, such as 10.0.0.5"],
    ["net 10.0.0.1/8", 5, "its host bits are set"],
    ["host nobody", 6, "name of a sandbox"],
    ["ip6 host 10.0.0.1", 10, "want an address that ip6 has"],
    ["(tcp or udp", 12, "it ends here, want )"],
    ["tcp)", 4, 'there is ")", want and, or, or the end'],
    ["tcp udp", 5, 'there is "udp"'],
    ["tcp and", 8, "it ends here"],
    ["tcp or or udp", 8, 'there is "or"'],
    ["tcp[13 & 2 != 0", 8, 'there is "&", want ]'],
    ["tcp[13:3] = 0", 8, "want 1, 2 or 4 bytes"],
    ["tcp[70000] = 0", 5, "want an offset from 0 to 65535"],
    ["tcp[tcpflags] & tcp-sin != 0", 17, "want a number"],
    ["tcp[13] # 2", 9, '"#" begins nothing'],
    ["ether host 10.0.0.1", 12, "want a MAC address"],
    ["ether proto 100", 13, "want an EtherType"],
    ["proto 256", 7, "want a protocol from 0 to 255"],
    ["arp broadcast", 1, "want ether before broadcast"],
    [`${"not ".repeat(200)}tcp`, 401, "want at most 100 parentheses or nots"],
  ];
  test.each(cases)("%j names column %d", (filter, column, why) => {
    const parse = () => parseFilter(filter);
    expect(parse).toThrow(FilterError);
    expect(parse).toThrow(expect.objectContaining({ column, message: expect.stringContaining(why) }));
  });
});

test("a name stands for all its addresses", () => {
  const addresses = ["10.0.0.2", "2001:db8::2"].map(parseIpAddress);
  const names = { addressesOf: (name: string) => (name === "web" ? addresses : []) };
  const program = (filter: string) => compileFilter(parseFilter(filter, names), { linkType: "ethernet", snapBytes: 1 });
  expect(program("host web")).toEqual(program("host 10.0.0.2 or host 2001:db8::2"));
  expect(program("src web")).toEqual(program("src 10.0.0.2 or src 2001:db8::2"));
  expect(program("ip6 host web")).toEqual(program("ip6 host 2001:db8::2"));
});

test("Ethernet's fields are refused where packets have none", () => {
  const compile = (filter: string) => compileFilter(parseFilter(filter), { linkType: "raw IP", snapBytes: 1 });
  expect(() => compile("ether host 02:00:00:00:00:01")).toThrow("it asks for Ethernet's addresses");
  expect(compile("host 10.0.0.1").length).toBeGreaterThan(3);
});

test("a list of ports or addresses is a short program", () => {
  const program = (filter: string) => compileFilter(parseFilter(filter), { linkType: "ethernet", snapBytes: 1 });
  const ports = Array.from({ length: 400 }, (_, index) => `port ${index}`).join(" or ");
  const hosts = Array.from({ length: 200 }, (_, index) => `host 10.0.0.${index}`).join(" or ");
  expect(program(ports).length).toBeLessThan(4096);
  expect(program(hosts).length).toBeLessThan(4096);
});

test("a program that the kernel would not take is refused", () => {
  const pairs = Array.from({ length: 300 }, (_, index) => `(port ${index} and host 10.0.0.1)`).join(" or ");
  expect(() => compileFilter(parseFilter(pairs), { linkType: "ethernet", snapBytes: 1 })).toThrow(
    "the kernel takes 4096",
  );
});
