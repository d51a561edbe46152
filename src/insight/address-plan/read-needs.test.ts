import { expect, test } from "bun:test";
import { readNeeds } from "./read-needs.ts";

const read = (text: string): unknown => readNeeds({ path: "needs.yaml", text });

test("a list in YAML", () => {
  const text = `
- name: web
  hosts: 200
- { name: db, hosts: "20", families: ipv4, keep: 10.0.0.0/24 }
- { name: lab, length: 28, families: [ipv4, ipv6], keep: [10.1.0.0/24, fd00::/64] }
- { name: old, keep: 10.2.0.0/24 }
`;
  expect(read(text)).toEqual([
    { name: "web", hosts: 200n, keep: [] },
    { name: "db", hosts: 20n, families: ["ipv4"], keep: ["10.0.0.0/24"] },
    { name: "lab", lengthBits: 28, families: ["ipv4", "ipv6"], keep: ["10.1.0.0/24", "fd00::/64"] },
    { name: "old", keep: ["10.2.0.0/24"] },
  ]);
});

test("the same in JSON", () => {
  expect(read('[{"name": "web", "hosts": 200}, {"name": "12", "hosts": 1}]')).toEqual([
    { name: "web", hosts: 200n, keep: [] },
    { name: "12", hosts: 1n, keep: [] },
  ]);
});

test.each<[string, string]>([
  ["", "Cannot read needs.yaml:1:1: want a list of networks at the top"],
  ["web: 200", "Cannot read needs.yaml:1:1: want a list of networks at the top, such as - { name: web, hosts: 200 }"],
  ["- web", "Cannot read needs.yaml:1:3: [0] is no mapping, want one such as { name: web, hosts: 200 }"],
  ["- name: a\n  hosts: many", 'Cannot read needs.yaml:2:10: [0].hosts is "many": want a whole number from 1'],
  ["- name: a\n  hosts: 0", '[0].hosts is "0": want a whole number from 1'],
  ["- name: a\n  hosts: 1e3", '[0].hosts is "1e3": want a whole number from 1'],
  ["- name: a\n  hosts: [1]", "Cannot read needs.yaml:2:10: [0].hosts is no plain value"],
  ["- name: a\n  hosts:", "[0].hosts is no plain value"],
  ["- { name: a, hosts: 1 }\n- { hosts: 1 }", "Cannot read needs.yaml:2:3: [1] has no name"],
  ["- { name: a }", "[0] has no hosts, want how many"],
  ["- { name: a, hosts: 1, length: 24 }", "[0] has hosts and a length, want one of them"],
  [
    "- { name: a, host: 1 }",
    'Cannot read needs.yaml:1:14: [0] has the key "host", want name, hosts, length, families, keep',
  ],
  ["- { name: a b, hosts: 1 }", '[0].name is "a b": want 1 to 128 letters'],
  ["- { name: a, hosts: 1, families: ipv5 }", '[0].families is "ipv5": want ipv4 or ipv6'],
  [
    "- { name: a, keep: [10.0.0.0/24, 10.0.0.1/24] }",
    '[0].keep[1] is "10.0.0.1/24": host bits are set, want 10.0.0.0/24',
  ],
  ["- { name: a, length: 129 }", '[0].length is "129": want a length from 0 to 128'],
  ["- { name: a, hosts: 1, hosts: 2 }", "malformed YAML"],
  ["- { name: a", "malformed YAML"],
  ["- &a { name: a, hosts: 1 }\n- *a", "[1] is no mapping"],
  ["[".repeat(100_000), "the YAML is nested too deeply"],
  [`- { name: a, hosts: 1 }\n${"#".repeat(1_048_576)}`, "want at most 1048576 characters"],
  ["- { name: a, hosts: 1 }\n".repeat(4097), "want at most 4096 networks"],
])("%# is refused", (text, message) => {
  expect(() => read(text)).toThrow(message);
});
