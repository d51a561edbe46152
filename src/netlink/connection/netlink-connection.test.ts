import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { concatBytes, hex } from "../../lib/mod.ts";
import { createNetns, type Netns } from "../../sys/mod.ts";
import { attr, attributes, cString, u32be } from "../../wire/mod.ts";
import { type Connection, KernelError, openConnection, type Request, TransactionError } from "./mod.ts";

// Source: include/uapi/linux/rtnetlink.h, if_link.h and netfilter/nf_tables.h; none of our own codecs.
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;
const NFT_MSG_NEWTABLE = 10 << 8;
const NFT_MSG_GETTABLE = (10 << 8) | 1;
const NFT_MSG_NEWCHAIN = (10 << 8) | 3;
const NLM_F_EXCL_CREATE = 0x600;
const privileged = process.getuid?.() === 0;

const noLink = new Uint8Array(16);
const loopbackUp = hex("00 00 00 00  01 00 00 00  01 00 00 00  01 00 00 00");
const linkAttributes = attributes("IFLA", { ifname: attr(3, cString), mtu: attr(4, cString) });
const tableAttributes = attributes("NFTA_TABLE", { name: attr(1, cString), flags: attr(2, u32be) });

function addressOf(host: number): Uint8Array {
  // ifaddrmsg (AF_INET, /32, link 1), IFA_LOCAL
  return concatBytes([
    hex("02 20 00 00 01 00 00 00"),
    hex("08 00 02 00"),
    Uint8Array.of(127, 1, host >> 8, host & 255),
  ]);
}

function tableRequest(name: string, type = NFT_MSG_NEWTABLE): Request {
  return { type, flags: 0x400, payload: concatBytes([hex("01 00 00 00"), tableAttributes.encode({ name })]) };
}

/** Refused: there is no such table. */
function chainRequest(): Request {
  const payload = concatBytes([
    hex("01 00 00 00"),
    hex("09 00 01 00 6e 6f 6e 65 00 00 00 00"),
    hex("06 00 03 00 63 00 00 00"),
  ]);
  return { type: NFT_MSG_NEWCHAIN, flags: 0x400, payload };
}

function inside(protocol: "route" | "netfilter", body: (connection: Connection, netns: Netns) => void): void {
  using netns = createNetns();
  using connection = openConnection({ protocol, netns });
  body(connection, netns);
}

function caught(body: () => void): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error("want an error");
}

describe.if(privileged)("a connection", () => {
  test("dumps the links of its own namespace", () => {
    inside("route", (connection) => {
      const links = connection.dump("list links", { type: RTM_GETLINK, flags: 0, payload: noLink });
      expect(links.map(({ type }) => type)).toEqual([RTM_NEWLINK]);
      expect(links[0]?.portId).toBe(connection.portId);
    });
  });

  test("names the kernel's sentence and the attribute at fault", () => {
    inside("route", (connection) => {
      const long = linkAttributes.encode({ ifname: "a-name-over-15-bytes" });
      const error = caught(() =>
        connection.request("create a link", {
          type: RTM_NEWLINK,
          flags: NLM_F_EXCL_CREATE,
          payload: concatBytes([noLink, long]),
          locate: (offset) => linkAttributes.locate(long, offset - noLink.length),
        }),
      );
      expect(error).toBeInstanceOf(KernelError);
      expect(error).toMatchObject({
        errno: "ERANGE",
        message: "Cannot create a link: ERANGE: Attribute failed policy validation at IFLA_IFNAME",
        extack: { message: "Attribute failed policy validation", attribute: "IFLA_IFNAME" },
      });
    });
  });

  test("sends many requests at once, and gives each its own answer", () => {
    inside("route", (connection) => {
      connection.request("set loopback up", { type: RTM_NEWLINK, flags: 0, payload: loopbackUp });
      const steps = Array.from({ length: 5000 }, (_, index) => ({
        operation: `add address ${index}`,
        // Every hundredth is there already: EEXIST.
        request: { type: RTM_NEWADDR, flags: NLM_F_EXCL_CREATE, payload: addressOf(index % 100 === 99 ? 1 : index) },
      }));
      const results = connection.pipeline(steps);
      expect(results.length).toBe(5000);
      for (const [index, result] of results.entries()) {
        if (index % 100 === 99) expect(result).toMatchObject({ errno: "EEXIST" });
        else expect(result).toBeUndefined();
      }
      // loopback has 127.0.0.1 of its own once it is up
      const addresses = connection.dump("list", {
        type: RTM_GETADDR,
        flags: 0,
        payload: hex("02 00 00 00 00 00 00 00"),
      });
      expect(addresses.length).toBe(4950 + 1);
    });
  });

  test("works ten thousand times while garbage is collected, and leaves no descriptor open", () => {
    const before = readdirSync("/proc/self/fd").length;
    inside("route", (connection) => {
      const get = { type: RTM_GETLINK, flags: 0, payload: hex("00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00") };
      let garbage: Uint8Array[] = [];
      for (let round = 0; round < 10_000; round++) {
        garbage.push(new Uint8Array(4096).fill(round));
        if (round % 100 === 0) {
          garbage = [];
          Bun.gc(round % 1000 === 0);
        }
        const [link] = connection.query("get loopback", get);
        expect(link?.payload[4]).toBe(1); // ifi_index
      }
    });
    for (let round = 0; round < 100; round++) inside("route", () => {});
    expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(before + 1); // this thread's home, opened once
  });

  test("goes on after a refusal", () => {
    inside("route", (connection) => {
      const get = (index: string) => ({
        type: RTM_GETLINK,
        flags: 0,
        payload: hex(`00 00 00 00 ${index} 00 00 00${" 00".repeat(8)}`),
      });
      expect(() => connection.query("get link 99", get("63"))).toThrow("Cannot get link 99: ENODEV");
      expect(connection.query("get link 1", get("01"))).toHaveLength(1);
    });
  });

  test("applies a transaction as a whole", () => {
    inside("netfilter", (connection) => {
      connection.transaction("make tables", [tableRequest("a"), tableRequest("b")], (index) => `make table ${index}`);
      const error = caught(() =>
        connection.transaction(
          "make more",
          [tableRequest("c"), chainRequest(), tableRequest("d"), chainRequest()],
          (index) => `make object ${index}`,
        ),
      );
      expect(error).toBeInstanceOf(TransactionError);
      expect(error).toMatchObject({ index: 1, errno: "ENOENT", errors: [{ index: 1 }, { index: 3 }] });
      expect(error).toMatchObject({ message: "Cannot make object 1: ENOENT (and 1 more)" });
      const tables = connection.dump("list tables", {
        ...tableRequest("", NFT_MSG_GETTABLE),
        payload: hex("00 00 00 00"),
      });
      expect(tables.length).toBe(2);
    });
  });

  test("applies a transaction of thousands of messages and megabytes", () => {
    inside("netfilter", (connection) => {
      const names = Array.from({ length: 20_000 }, (_, index) => `table-${index}-${"x".repeat(200)}`);
      connection.transaction(
        "make tables",
        names.slice(0, 50).map((name) => tableRequest(name)),
        () => "make a table",
      );
      // Only the size matters here: the same fifty tables again and again, which changes nothing.
      const many = names.map((_, index) => tableRequest(names[index % 50] ?? ""));
      connection.transaction("make tables", many, () => "make a table");
      const tables = connection.dump("list tables", {
        ...tableRequest("", NFT_MSG_GETTABLE),
        payload: hex("00 00 00 00"),
      });
      expect(tables.length).toBe(50);
    });
  });

  test("reports a transaction with more refusals than the receive buffer holds", () => {
    inside("netfilter", (connection) => {
      const error = caught(() =>
        connection.transaction(
          "make chains",
          Array.from({ length: 20_000 }, chainRequest),
          (index) => `make chain ${index}`,
        ),
      );
      expect(error).toBeInstanceOf(TransactionError);
      expect(error).toMatchObject({ errno: "ENOENT", index: 0 });
      connection.transaction("make a table", [tableRequest("a")], () => "make a table"); // the connection still works
    });
  });
});
