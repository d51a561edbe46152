import { describe, expect, test } from "bun:test";
import { parseDocuments } from "./document.ts";
import { mergeTrees, settleTags } from "./merge.ts";
import type { MapNode, Node } from "./node.ts";

function plain(node: Node): unknown {
  if (node.kind === "list") return node.items.map(plain);
  if (node.kind === "map")
    return Object.fromEntries(Array.from(node.entries, ([key, { value }]) => [key, plain(value)]));
  return node.value;
}

function tree(file: string, text: string): MapNode {
  const [found] = parseDocuments({ path: file, text });
  if (found === undefined) throw new Error("an empty document");
  return found;
}

/** Merges two versions of one service. */
function merged(base: string, over: string): unknown {
  const wrap = (body: string): string => `services:\n  web: ${body}`;
  const result = mergeTrees(tree("base.yaml", wrap(base)), tree("over.yaml", wrap(over)));
  return plain(result) as unknown;
}

const service = (value: unknown): unknown => ({ services: { web: value } });

describe("mergeTrees", () => {
  test.each<[string, string, string, unknown]>([
    ["mappings merge", "{a: 1, b: {c: 1, d: 2}}", "{b: {d: 3, e: 4}}", { a: 1, b: { c: 1, d: 3, e: 4 } }],
    ["lists append", "{devices: [a]}", "{devices: [b, a]}", { devices: ["a", "b", "a"] }],
    [
      "nothing changes nothing",
      "{a: 1, environment: {A: 1}}",
      "{a: null, environment:}",
      { a: 1, environment: { A: 1 } },
    ],
    [
      "commands are replaced",
      "{command: [a, b], entrypoint: x}",
      "{command: c d, entrypoint: [y]}",
      { command: "c d", entrypoint: ["y"] },
    ],
    [
      "a health test is replaced",
      "{healthcheck: {test: [CMD, a], retries: 2}}",
      "{healthcheck: {test: [CMD, b]}}",
      { healthcheck: { test: ["CMD", "b"], retries: 2 } },
    ],
    [
      "environments of both forms",
      "{environment: [A=1, B=2, C]}",
      "{environment: {B: 3, D: null}}",
      { environment: { A: "1", B: 3, C: null, D: null } },
    ],
    ["an equals sign in a value", "{environment: {A: 1}}", "{environment: [A=b=c]}", { environment: { A: "b=c" } }],
    ["labels of both forms", "{labels: {a: 1}}", "{labels: [a=2, b]}", { labels: { a: "2", b: null } }],
    [
      "networks of both forms",
      "{networks: [front]}",
      "{networks: {front: {aliases: [x]}, back: }}",
      { networks: { front: { aliases: ["x"] }, back: null } },
    ],
    [
      "a network's aliases",
      "{networks: {n: {aliases: [x]}}}",
      "{networks: {n: {aliases: [x, y]}}}",
      { networks: { n: { aliases: ["x", "y"] } } },
    ],
    [
      "dependencies of both forms",
      "{depends_on: [a]}",
      "{depends_on: {b: {condition: service_healthy}}}",
      { depends_on: { a: { condition: "service_started" }, b: { condition: "service_healthy" } } },
    ],
    ["a text and a list", "{dns: 1.1.1.1}", "{dns: [1.1.1.1, 8.8.8.8]}", { dns: ["1.1.1.1", "8.8.8.8"] }],
    [
      "extra hosts of both forms",
      "{extra_hosts: ['a:1.1.1.1', 'a:::1']}",
      "{extra_hosts: {b: 2.2.2.2}}",
      { extra_hosts: { a: ["1.1.1.1", "::1"], b: "2.2.2.2" } },
    ],
    [
      "a port stays unique",
      "{ports: ['80:80', '81:81']}",
      "{ports: ['80:80/tcp', '82:82']}",
      { ports: ["80:80/tcp", "81:81", "82:82"] },
    ],
    [
      "a port stays unique in both forms",
      "{ports: ['127.0.0.1:80:80']}",
      "{ports: [{target: 80, published: '80', host_ip: 127.0.0.1, name: web}]}",
      { ports: [{ target: 80, published: "80", host_ip: "127.0.0.1", name: "web" }] },
    ],
    [
      "a volume's target stays unique",
      "{volumes: ['./a:/x', '/y']}",
      "{volumes: ['./b:/x:ro']}",
      { volumes: ["./b:/x:ro", "/y"] },
    ],
    [
      "env files",
      "{env_file: a.env}",
      "{env_file: [b.env, {path: a.env, required: false}]}",
      { env_file: [{ path: "a.env", required: false }, "b.env"] },
    ],
    ["builds are replaced", "{build: .}", "{build: {context: x}}", { build: { context: "x" } }],
    ["x- keys are replaced", "{x-a: {b: 1}}", "{x-a: {c: 1}}", { "x-a": { c: 1 } }],
    [
      "!reset",
      "{ports: ['80:80'], environment: {A: 1, B: 2}}",
      "{ports: !reset [], environment: {A: !reset null}}",
      { environment: { B: 2 } },
    ],
    ["!reset of what is not there", "{a: 1}", "{b: !reset 1}", { a: 1 }],
    [
      "!override",
      "{ports: ['80:80'], environment: {A: 1}}",
      "{ports: !override ['81:81'], environment: !override {B: 2}}",
      { ports: ["81:81"], environment: { B: 2 } },
    ],
    ["a tag below something new", "{a: 1}", "{b: {c: !reset 1, d: !override [2]}}", { a: 1, b: { d: [2] } }],
  ])("%s", (_, base, over, expected) => {
    expect(merged(base, over)).toEqual(service(expected));
  });

  test("subnets merge by prefix", () => {
    const result = mergeTrees(
      tree(
        "base.yaml",
        "networks: {n: {labels: [a=1], ipam: {config: [{subnet: 10.0.0.0/24}, {subnet: 10.0.1.0/24}]}}}",
      ),
      tree(
        "over.yaml",
        "networks: {n: {labels: {b: 2}, ipam: {config: [{subnet: 10.0.1.0/24, gateway: 10.0.1.9}, {subnet: 10.0.2.0/24}]}}}",
      ),
    );
    expect(plain(result)).toEqual({
      networks: {
        n: {
          labels: { a: "1", b: 2 },
          ipam: {
            config: [
              { subnet: "10.0.0.0/24" },
              { subnet: "10.0.1.0/24", gateway: "10.0.1.9" },
              { subnet: "10.0.2.0/24" },
            ],
          },
        },
      },
    });
  });

  test("a list over a mapping names both places", () => {
    expect(() => merged("{deploy: {replicas: 1}}", "{deploy: [x]}")).toThrow(
      "Cannot read over.yaml:2:17: services.web.deploy: got a list to merge over a mapping of base.yaml:2: want a mapping, or !override before it",
    );
  });
});

test("settleTags drops what one file alone resets", () => {
  expect(plain(settleTags(tree("c.yaml", "a: !reset 1\nb: !override [1, !reset 2]")))).toEqual({ b: [1] });
});
