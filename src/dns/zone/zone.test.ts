import { expect, test } from "bun:test";
import { parseIpAddress } from "../../net/mod.ts";
import { RecordType } from "../codec/mod.ts";
import { readReverseName } from "./reverse-name.ts";
import { Zone } from "./zone.ts";
import type { ZoneView } from "./zone-view.ts";

const FRONT = { id: "n1", name: "Front" };
const BACK = { id: "n2", name: "back.end" };

function endpoint(id: string, names: readonly string[], ...addresses: readonly string[]) {
  return { id, names, addresses: addresses.map(parseIpAddress) };
}

function zoneOfTwo(): Zone {
  const zone = new Zone();
  zone.putEndpoint(FRONT, endpoint("e1", ["Web", "shared"], "10.1.0.2", "fd01::2"));
  zone.putEndpoint(FRONT, endpoint("e2", ["web2", "shared"], "10.1.0.3"));
  zone.putEndpoint(BACK, endpoint("e3", ["db", "shared"], "10.2.0.2", "fd02::2"));
  zone.putEndpoint(BACK, endpoint("e4", ["a.b"], "10.2.0.3"));
  return zone;
}

/** Addresses as text, `none` for NODATA, `unknown`. */
function find(view: ZoneView, name: string, type: number): string {
  const records = view.find(name, type);
  if (records === undefined) return "unknown";
  return records.map(({ data }) => (data.length === 4 ? data.join(".") : `v6 …${data.at(-1)}`)).join(" ") || "none";
}

const { A, AAAA, ANY, PTR } = RecordType;
const MX = 15;

test.each([
  { networks: ["n1"], name: "web", type: A, found: "10.1.0.2" },
  { networks: ["n1"], name: "web", type: AAAA, found: "v6 …2" },
  { networks: ["n1"], name: "web2", type: AAAA, found: "none" },
  { networks: ["n1"], name: "web", type: MX, found: "none" },
  { networks: ["n1"], name: "web", type: ANY, found: "10.1.0.2 v6 …2" },
  { networks: ["n1"], name: "shared", type: A, found: "10.1.0.2 10.1.0.3" },
  { networks: ["n1"], name: "db", type: A, found: "unknown" },
  { networks: ["n1"], name: "web.front", type: A, found: "10.1.0.2" },
  { networks: ["n1"], name: "db.back.end", type: A, found: "unknown" },
  { networks: ["n2"], name: "db.back.end", type: A, found: "10.2.0.2" },
  { networks: ["n2"], name: "a.b", type: A, found: "10.2.0.3" },
  { networks: ["n2"], name: "a.b.back.end", type: A, found: "10.2.0.3" },
  { networks: ["n1", "n2"], name: "shared", type: A, found: "10.1.0.2 10.1.0.3" },
  { networks: ["n2", "n1"], name: "shared", type: A, found: "10.2.0.2" },
  { networks: ["n2", "n1"], name: "shared.front", type: A, found: "10.1.0.2 10.1.0.3" },
  { networks: [], name: "web", type: A, found: "unknown" },
])("on $networks, $name of type $type is $found", ({ networks, name, type, found }) => {
  expect(find(zoneOfTwo().acquireView(networks), name, type)).toBe(found);
});

test("an address is resolved back to the first name, with its network", () => {
  const view = zoneOfTwo().acquireView(["n1"]);
  const pointer = view.find("2.0.1.10.in-addr.arpa", PTR)?.[0];
  expect(Buffer.from(pointer?.data ?? []).toString("latin1")).toBe("\x03web\x05front\0");
  expect(view.find("2.0.1.10.in-addr.arpa", A)).toEqual([]);
  expect(view.find("2.0.2.10.in-addr.arpa", PTR)).toBeUndefined(); // on the other network
  const ipv6 = `2.${"0.".repeat(27)}1.0.d.f.ip6.arpa`;
  expect(view.find(ipv6, PTR)).toHaveLength(1);
});

test("a name that cannot be a domain name resolves its address back to the next one", () => {
  const zone = new Zone();
  zone.putEndpoint(FRONT, endpoint("e", ["a..b", "good"], "10.1.0.9"));
  const pointer = zone.acquireView(["n1"]).find("9.0.1.10.in-addr.arpa", PTR)?.[0];
  expect(Buffer.from(pointer?.data ?? []).toString("latin1")).toBe("\x04good\x05front\0");
});

test("a changed or removed endpoint is seen by views that are there already", () => {
  const zone = zoneOfTwo();
  const view = zone.acquireView(["n1"]);
  const before = view.version;
  zone.putEndpoint(FRONT, endpoint("e1", ["web"], "10.1.0.7"));
  expect(find(view, "web", A)).toBe("10.1.0.7");
  expect(find(view, "shared", A)).toBe("10.1.0.3");
  expect(view.find("2.0.1.10.in-addr.arpa", PTR)).toBeUndefined();
  expect(view.version).toBeGreaterThan(before);
  zone.removeEndpoint("e1");
  zone.removeEndpoint("e1");
  expect(find(view, "web", A)).toBe("unknown");
});

test("an endpoint that moves to another network leaves the first", () => {
  const zone = zoneOfTwo();
  zone.putEndpoint(BACK, endpoint("e1", ["web"], "10.2.0.9"));
  expect(find(zone.acquireView(["n1"]), "web", A)).toBe("unknown");
  expect(find(zone.acquireView(["n2"]), "web", A)).toBe("10.2.0.9");
});

test("a link is seen by its sandbox alone, first, and follows what it stands for", () => {
  const zone = zoneOfTwo();
  const view = zone.acquireView(["n1"], [{ alias: "Web", network: "n1", name: "LATER" }]);
  expect(find(view, "web", A)).toBe("10.1.0.2"); // whom it stands for is not there yet
  zone.putEndpoint(FRONT, endpoint("e9", ["later"], "10.1.0.9"));
  expect(find(view, "web", A)).toBe("10.1.0.9");
  expect(find(zone.acquireView(["n1"]), "web", A)).toBe("10.1.0.2");
  zone.putEndpoint(FRONT, endpoint("e9", ["later"], "10.1.0.8"));
  expect(find(view, "web", A)).toBe("10.1.0.8");
});

test("views and networks that nobody uses are forgotten", () => {
  const zone = zoneOfTwo();
  const views = [zone.acquireView(["n1", "n2"]), zone.acquireView(["n1", "n2"])];
  expect(zone.counts).toEqual({ networks: 2, endpoints: 4, views: 1 });
  for (const id of ["e1", "e2", "e3", "e4"]) zone.removeEndpoint(id);
  for (const view of views) zone.releaseView(view);
  expect(zone.counts).toEqual({ networks: 0, endpoints: 0, views: 0 });
});

test.each([
  ["4.3.2.1.in-addr.arpa", "1.2.3.4"],
  ["3.2.1.in-addr.arpa", undefined],
  ["256.3.2.1.in-addr.arpa", undefined],
  ["04.3.2.1.in-addr.arpa", undefined],
  [`1.${"0.".repeat(31)}ip6.arpa`, "::1"],
  [`1.${"0.".repeat(30)}ip6.arpa`, undefined],
  ["web", undefined],
])("the reverse name %s stands for %p", (name, address) => {
  expect<string | undefined>(readReverseName(name)).toBe(address);
});
