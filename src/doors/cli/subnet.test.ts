import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { playCli } from "./testing/play-cli.ts";

test("calc tells what a prefix is, and why", async () => {
  await using cli = await playCli();
  expect(await cli.run("subnet", "calc", "192.0.2.5/31", "fd00::/64")).toEqual({
    exitCode: 0,
    stderr: "",
    stdout: `Prefix:        192.0.2.4/31
Address:       192.0.2.5, whose host bits are 0.0.0.1: one of the prefix 192.0.2.4/31
Hosts:         2, 192.0.2.4 to 192.0.2.5 (both ends of a link, RFC 3021)
Addresses:     2
Netmask:       255.255.255.254
Wildcard:      0.0.0.1
Class:         C, of 192.0.2.0/24 (before CIDR)
Kind:          documentation: Documentation (TEST-NET-1), RFC 5737 (192.0.2.0/24)
Reverse zone:  4/31.2.0.192.in-addr.arpa
IPv4-mapped:   ::ffff:192.0.2.4/127

Prefix:        fd00::/64
Expanded:      fd00:0000:0000:0000:0000:0000:0000:0000
Hosts:         2^64 - 1, fd00::1 to fd00::ffff:ffff:ffff:ffff (all but the subnet-router anycast address, RFC 4291 section 2.6.1)
Addresses:     2^64
Netmask:       ffff:ffff:ffff:ffff::
Wildcard:      ::ffff:ffff:ffff:ffff
Kind:          unique local (ULA): Unique-Local, RFC 4193 (fc00::/7)
Reverse zone:  0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa
`,
  });
  const { stdout } = await cli.run("subnet", "calc", "--json", "fd00::/64");
  expect(JSON.parse(stdout)).toMatchObject([
    { prefix: "fd00::/64", addresses: "18446744073709551616", hosts: "18446744073709551615", firstHost: "fd00::1" },
  ]);
});

test("split prints the parts, and what is left", async () => {
  await using cli = await playCli();
  expect((await cli.run("subnet", "split", "10.0.0.0/24", "--hosts", "100,20")).stdout).toBe(
    [
      "PREFIX          WANTED    HOSTS     FIRST HOST   LAST HOST",
      "10.0.0.0/25     100       126       10.0.0.1     10.0.0.126",
      "10.0.0.128/27   20        30        10.0.0.129   10.0.0.158",
      "free: 10.0.0.160/27, 10.0.0.192/26",
      "",
    ].join("\n"),
  );
  const { stdout } = await cli.run("subnet", "split", "--json", "10.0.0.0/24", "--count", "2");
  expect(JSON.parse(stdout)).toEqual({
    prefix: "10.0.0.0/24",
    parts: [
      { prefix: "10.0.0.0/25", hosts: "126", firstHost: "10.0.0.1", lastHost: "10.0.0.126" },
      { prefix: "10.0.0.128/25", hosts: "126", firstHost: "10.0.0.129", lastHost: "10.0.0.254" },
    ],
    free: [],
  });
});

test("plan takes words, files, and what is there", async () => {
  const directory = mkdtempSync(join(tmpdir(), "weft-subnet-"));
  using _directory = { [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
  writeFileSync(join(directory, "needs.yaml"), "- { name: db, hosts: 20, families: [ipv4] }\n");
  await using cli = await playCli({ directory });
  const words = ["subnet", "plan", "10.20.0.0/24", "fd00:20::/48", "web=100", "-f", "needs.yaml"];
  expect(await cli.run(...words, "--keep", "old=10.20.0.0/28", "--used", "10.20.0.16/28,10.20.0.32/28")).toEqual({
    exitCode: 0,
    stderr: "",
    stdout: [
      "NAME      PREFIX           WANTED    HOSTS      FIRST HOST    LAST HOST",
      "web       10.20.0.128/25   100       126        10.20.0.129   10.20.0.254",
      "web       fd00:20::/64     100       2^64 - 1   fd00:20::1    fd00:20::ffff:ffff:ffff:ffff",
      "db        10.20.0.64/27    20        30         10.20.0.65    10.20.0.94",
      "old       10.20.0.0/28     kept      14         10.20.0.1     10.20.0.14",
      "",
      "10.20.0.0/24: 176 of 256 addresses planned (68.8 %), 32 used by others; free: 10.20.0.48/28, 10.20.0.96/27",
      "fd00:20::/48: 2^64 of 2^80 addresses planned (< 0.01 %); free: fd00:20:0:1::/64, fd00:20:0:2::/63, fd00:20:0:4::/62, fd00:20:0:8::/61, fd00:20:0:10::/60, fd00:20:0:20::/59, fd00:20:0:40::/58, fd00:20:0:80::/57 and 8 more",
      "",
    ].join("\n"),
  });
  const { stdout } = await cli.run("subnet", "plan", "10.20.0.0/30", "a=2", "--json");
  expect(JSON.parse(stdout)).toEqual({
    subnets: [
      {
        name: "a",
        prefix: "10.20.0.0/31",
        kept: false,
        wanted: "2",
        hosts: "2",
        firstHost: "10.20.0.0",
        lastHost: "10.20.0.1",
      },
    ],
    supernets: [{ prefix: "10.20.0.0/30", addresses: "4", planned: "2", used: "0", free: ["10.20.0.2/31"] }],
  });
});

test("what plan writes for Compose is what docker compose reads", async () => {
  await using cli = await playCli();
  const { stdout } = await cli.run(
    ..."subnet plan 10.20.0.0/16 fd00:20::/48 web=200 on=20 12=2 --format compose".split(" "),
  );
  const file = `${stdout}services:\n  a: { image: x, networks: [web, "on", "12"] }\n`;
  const compose = Bun.spawnSync(["docker-compose", "-f", "-", "config"], {
    stdin: new TextEncoder().encode(file),
  });
  expect(compose.stderr.toString()).toBe("");
  expect(Bun.YAML.parse(compose.stdout.toString())).toMatchObject({
    networks: {
      web: { enable_ipv6: true, ipam: { config: [{ subnet: "10.20.0.0/24" }, { subnet: "fd00:20::/64" }] } },
      on: { ipam: { config: [{ subnet: "10.20.1.0/27" }, { subnet: "fd00:20:0:1::/64" }] } },
      "12": { ipam: { config: [{ subnet: "10.20.1.32/31" }, { subnet: "fd00:20:0:2::/64" }] } },
    },
  });
});

test("what plan writes for Compose is what weft up makes", async () => {
  const directory = mkdtempSync(join(tmpdir(), "weft-subnet-"));
  using _directory = { [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
  await using cli = await playCli({ directory });
  const { stdout } = await cli.run(..."subnet plan 10.20.0.0/16 web=200 12=2 --format compose".split(" "));
  writeFileSync(
    join(directory, "compose.yaml"),
    `name: p\n${stdout}services:\n  a: { command: x, networks: [web, "12"] }\n`,
  );
  expect(await cli.run("up")).toMatchObject({ exitCode: 0 });
  const networks = await cli.engine.listNetworks();
  expect(networks.map(({ name, subnets }) => [name, subnets[0]?.prefix] as unknown).toSorted()).toEqual([
    ["p_12", "10.20.1.0/31"],
    ["p_web", "10.20.0.0/24"],
  ]);
});

test("overlap without the host compares what it is given, asks nobody, and ends with 5 when there is one", async () => {
  await using cli = await playCli();
  expect(await cli.run("subnet", "overlap", "--no-host", "10.0.0.0/24", "10.0.1.0/24")).toEqual({
    exitCode: 0,
    stderr: "",
    stdout: [
      "PREFIX        OVERLAPS   FREE INSTEAD",
      "10.0.0.0/24   -          -",
      "10.0.1.0/24   -          -",
      "",
    ].join("\n"),
  });
  const { exitCode, stdout } = await cli.run("subnet", "overlap", "--no-host", "--json", "10.0.0.0/23", "10.0.1.0/24");
  expect({ exitCode, judged: JSON.parse(stdout) }).toEqual({
    exitCode: 5,
    judged: {
      overlap: true,
      daemon: false,
      prefixes: [
        { prefix: "10.0.0.0/23", overlaps: [] },
        {
          prefix: "10.0.1.0/24",
          overlaps: [{ kind: "given", prefix: "10.0.0.0/23", by: "10.0.0.0/23, given before it", relation: "around" }],
          free: "10.0.2.0/24",
        },
      ],
    },
  });
  expect(cli.engine.calls).toEqual([]);
});

test.each<[string, number, string]>([
  ["calc", 2, "Cannot run weft subnet calc: PREFIX is missing"],
  ["calc 10.0.0/8", 2, 'Cannot use PREFIX "10.0.0/8": "10.0.0" is no address'],
  ["split 10.0.0.0/24", 2, "Cannot split a prefix: want one of --count, --hosts and --length"],
  ["split 10.0.0.0/24 --count 2 --length 26", 2, "Cannot split a prefix: want one of --count, --hosts and --length"],
  ["split 10.0.0.0/24 --hosts 0", 2, 'Cannot use --hosts "0": want a whole number from 1'],
  ["split 10.0.0.0/24 --count 1000000000", 2, 'Cannot use --count "1000000000": want a whole number from 1 to 65536'],
  ["split 0.0.0.0/0 --length 30", 2, "Cannot split 0.0.0.0/0 into parts of /30: that makes 1073741824 prefixes of /30"],
  ["split 10.0.0.0/24 --hosts 300", 1, "Cannot split 10.0.0.0/24 into parts with 300 hosts"],
  ["plan 10.0.0.0/24", 2, "Cannot plan nothing: no network is named, want NAME=HOSTS"],
  ["plan 10.0.0.0/24 web", 2, 'Cannot use PREFIX|NAME=HOSTS "web": want a network and its hosts, such as web=200'],
  ["plan 10.0.0.0/24 web=", 2, 'Cannot use PREFIX|NAME=HOSTS "web=": want a whole number from 1'],
  ["plan 10.0.0.0/24 a=1 a=2", 2, "Cannot plan network a twice: want each name once"],
  ["plan 10.0.0.0/24 a=300", 1, "Cannot plan 1 subnet in 10.0.0.0/24: there is no room for a (/23)"],
  ["plan 10.0.0.0/24 --keep a", 2, 'Cannot use --keep "a": want'],
  ["plan 10.0.0.0/24 -f none.yaml", 2, "Cannot read none.yaml: there is no such file, want a file that can be read"],
  ["overlap 10.0.0.1/24", 2, 'Cannot use PREFIX "10.0.0.1/24": host bits are set, want 10.0.0.0/24'],
])("weft subnet %s ends with %p", async (line, code, message) => {
  await using cli = await playCli();
  const { exitCode, stdout, stderr } = await cli.run("subnet", ...line.split(" "));
  expect(stderr).toStartWith(`weft: ${message}`);
  expect(stderr.trimEnd()).not.toContain("\n");
  expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: "" });
});
