import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseIpAddress, parseIpPrefix, parseIpv4Address } from "../../../net/mod.ts";
import { anyOf } from "../../docker-shape/mod.ts";
import { joinAttachments, parseAttachment } from "./attachments.ts";
import { readEnvironment } from "./environment.ts";
import { parseExtraHost } from "./extra-host.ts";
import { parseFilter, readFilters } from "./filters.ts";
import { healthcheckOf } from "./health.ts";
import { parsePublish } from "./publish.ts";
import { parseSignal } from "./signal.ts";
import { groupSubnets } from "./subnets.ts";

describe("groupSubnets", () => {
  const flags = (subnets: string[], gateways: string[] = [], ranges: string[] = [], auxiliary = {}) => ({
    subnets: subnets.map(parseIpPrefix),
    gateways: gateways.map(parseIpAddress),
    ranges: ranges.map(parseIpPrefix),
    auxiliary,
  });

  test("puts each value into the subnet that holds it", () => {
    const grouped = groupSubnets(
      flags(["10.0.0.0/24", "fd00::/64"], ["fd00::1", "10.0.0.254"], ["10.0.0.128/25"], { router: "10.0.0.9" }),
    ) as unknown;
    expect(grouped).toEqual([
      { prefix: "10.0.0.0/24", gateway: "10.0.0.254", range: "10.0.0.128/25", auxiliary: { router: "10.0.0.9" } },
      { prefix: "fd00::/64", gateway: "fd00::1", auxiliary: {} },
    ]);
  });

  test.each([
    [
      flags(["10.0.0.0/24"], ["10.1.0.1"]),
      'Cannot use --gateway "10.1.0.1": no subnet contains it, want one inside 10.0.0.0/24',
    ],
    [flags([], ["10.1.0.1"]), 'Cannot use --gateway "10.1.0.1": no subnet contains it, want a --subnet that does'],
    [flags([], [], ["10.1.0.0/25"]), 'Cannot use --ip-range "10.1.0.0/25": no subnet contains it'],
    [flags(["10.1.0.0/24"], [], ["10.1.0.0/16"]), 'Cannot use --ip-range "10.1.0.0/16": no subnet contains it'],
    [flags(["10.0.0.0/8", "10.1.0.0/16"]), 'Cannot use --subnet "10.1.0.0/16": it overlaps --subnet "10.0.0.0/8"'],
    [
      flags(["10.0.0.0/24"], ["10.0.0.1", "10.0.0.2"]),
      'Cannot use --gateway "10.0.0.2": subnet 10.0.0.0/24 has 10.0.0.1 already',
    ],
    [
      flags(["10.0.0.0/24"], [], [], { a: "ten" }),
      'Cannot use --aux-address "a=ten": want NAME=ADDRESS, such as router=10.0.0.5',
    ],
    [flags(["10.0.0.0/24"], [], [], { a: "10.1.0.1" }), 'Cannot use --aux-address "a=10.1.0.1": no subnet contains it'],
  ])("refuses what fits nowhere: %#", (given, message) => {
    expect(() => groupSubnets(given)).toThrow(message);
  });
});

describe("--network", () => {
  test("has a short and a long form", () => {
    const bare = { aliases: [], driverOptions: {} };
    expect(parseAttachment("backend") as unknown).toEqual({ ...bare, network: "backend" });
    const long =
      "name=backend,ip=10.0.0.5,ip6=fd00::5,mac-address=02:42:AC:11:00:02,alias=db,alias=postgres,gw-priority=-3,driver-opt=a=b=c";
    expect(parseAttachment(long) as unknown).toEqual({
      network: "backend",
      ipv4: "10.0.0.5",
      ipv6: "fd00::5",
      mac: "02:42:ac:11:00:02",
      aliases: ["db", "postgres"],
      gatewayPriority: -3,
      driverOptions: { a: "b=c" },
    });
  });

  test.each([
    ["ip=10.0.0.5", "the network's name is missing"],
    ["name=a,alais=b", 'there is no key "alais", did you mean alias?'],
    ["name=a,ip=ten", 'Cannot parse IPv4 address "ten"'],
    ["name=a,gw-priority=1.5", "want a whole number from -2147483648 to 2147483647"],
    ["name=a,,", "want KEY=VALUE"],
  ])("refuses %s", (text, message) => {
    expect(() => parseAttachment(text)).toThrow(message);
  });

  const none = { ip: undefined, ip6: undefined, macAddress: undefined, aliases: [] };
  test("what stands beside it belongs to the first", () => {
    const first = { ...none, ip: parseIpv4Address("10.0.0.7") };
    const wishes = joinAttachments([parseAttachment("a"), parseAttachment("b")], first);
    expect(wishes as unknown).toEqual([
      { network: "a", ipv4: "10.0.0.7", aliases: [], driverOptions: {} },
      { network: "b", aliases: [], driverOptions: {} },
    ]);
  });

  test("two flags that say the same, and a network twice, are refused", () => {
    const first = { ...none, ip: parseIpv4Address("10.0.0.7") };
    expect(() => joinAttachments([parseAttachment("name=a,ip=10.0.0.8")], first)).toThrow(
      "Cannot use --ip with --network ip=…: they say the same of a, want one of them",
    );
    expect(() => joinAttachments([parseAttachment("a"), parseAttachment("name=a,alias=x")], none)).toThrow(
      'Cannot use --network "a" twice',
    );
  });
});

describe("--env and --env-file", () => {
  const folder = mkdtempSync(join(tmpdir(), "weft-env-"));
  const file = join(folder, "env");
  const caller = { HOME: "/root", EMPTY: "" };

  test("flags win over files, and a name alone takes the caller's value", () => {
    writeFileSync(file, "\uFEFF# a comment\n\n  A=1\r\nB='q' # kept\nHOME\nNONE\nC=x=y\n");
    expect(readEnvironment({ env: ["A=2", "EMPTY", "GONE"], envFile: [file] }, caller)).toEqual({
      A: "2",
      B: "'q' # kept",
      HOME: "/root",
      C: "x=y",
      EMPTY: "",
    });
  });

  test("a line without a name, and a missing file, are refused", () => {
    writeFileSync(file, "A=1\n\n=2\n");
    expect(() => readEnvironment({ env: [], envFile: [file] }, caller)).toThrow("line 3 begins with no variable name");
    rmSync(folder, { recursive: true });
    expect(() => readEnvironment({ env: [], envFile: [file] }, caller)).toThrow(
      `Cannot use --env-file ${JSON.stringify(file)}: ENOENT`,
    );
  });
});

test.each([
  ["db:10.0.0.5", { name: "db", address: "10.0.0.5" }],
  ["db=fd00::5", { name: "db", address: "fd00::5" }],
  ["db:[fd00::5]", { name: "db", address: "fd00::5" }],
  ["db:fd00::5", { name: "db", address: "fd00::5" }],
  ["gw:host-gateway", { name: "gw", address: "host-gateway" }],
])("--add-host %s", (text, expected) => {
  expect(parseExtraHost(text) as unknown).toEqual(expected);
});

test.each(["db", "db:", ":10.0.0.5", "db:ten"])("--add-host %s is refused", (text) => {
  expect(() => parseExtraHost(text)).toThrow(SyntaxError);
});

test.each([
  [
    "published=8080,target=80",
    { protocol: "tcp", hostPorts: { first: 8080, last: 8080 }, sandboxPorts: { first: 80, last: 80 } },
  ],
  [
    "target=53,protocol=udp,host-ip=127.0.0.1",
    { protocol: "udp", hostAddress: "127.0.0.1", sandboxPorts: { first: 53, last: 53 } },
  ],
  ["8080:80", { protocol: "tcp", hostPorts: { first: 8080, last: 8080 }, sandboxPorts: { first: 80, last: 80 } }],
])("--publish %s", (text, expected) => {
  expect(parsePublish(text) as unknown).toEqual(expected);
});

test.each([
  ["published=80", "target is missing"],
  ["target=80,mode=ingress", 'mode "ingress" needs a swarm'],
  ["target=80,port=1", 'there is no key "port"'],
])("--publish %s is refused", (text, message) => {
  expect(() => parsePublish(text)).toThrow(message);
});

test.each([
  ["SIGTERM", "SIGTERM"],
  ["int", "SIGINT"],
  ["9", "SIGKILL"],
])("signal %s is %s", (text, name) => {
  expect(parseSignal(text)).toBe(name);
});

test("a signal that is none is refused", () => {
  expect(() => parseSignal("SIGNOTHING")).toThrow("want a signal's name or number");
});

test("health options without a check are refused", () => {
  const flags = {
    healthCmd: undefined,
    healthInterval: 1000,
    healthTimeout: undefined,
    healthRetries: undefined,
    healthStartPeriod: undefined,
    noHealthcheck: false,
  };
  expect(() => healthcheckOf(flags)).toThrow("want --health-cmd with them");
  expect(healthcheckOf({ ...flags, healthCmd: "true" })).toEqual({
    command: ["/bin/sh", "-c", "true"],
    intervalMs: 1000,
  });
  expect(healthcheckOf({ ...flags, noHealthcheck: true })).toBeUndefined();
});

describe("--filter", () => {
  const keys = { name: anyOf(({ name }: { name: string }, value) => name === value), other: () => () => true };
  const names = (...filters: readonly string[]) =>
    ["a", "b"].filter((name) => readFilters(filters.map(parseFilter), keys)({ name }));

  test("values of a key are alternatives", () => {
    expect(names("name=a", "name=b")).toEqual(["a", "b"]);
    expect(names("name=a", "other=x")).toEqual(["a"]);
    expect(names()).toEqual(["a", "b"]);
  });

  test("an unknown key is refused", () => {
    expect(() => names("nam=a")).toThrow('Cannot use --filter "nam=a": want a key of name, other');
    expect(() => parseFilter("name")).toThrow("want KEY=VALUE");
  });
});
