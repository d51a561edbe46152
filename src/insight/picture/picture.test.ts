import { expect, test } from "bun:test";
import type { NetworkView, SandboxView } from "../../contract/mod.ts";
import { readTopology } from "../../topology/mod.ts";
import type { NamespaceLink, NamespaceView } from "../state/mod.ts";
import { drawMermaid, drawSvg, drawTree, graphOfNamespaces, graphOfTopology, narrowGraph } from "./mod.ts";

const chain = readTopology({
  path: "chain.yaml",
  text: `
topology: chain
namespaces:
  red:
    links: { a: { peer: blue/b, addresses: [10.0.1.1/24, "fd00:1::1/64"] } }
    routes: [{ to: default, via: 10.0.1.2 }]
  blue:
    forwarding: true
    links:
      b: { addresses: [10.0.1.2/24, "fd00:1::2/64"] }
      br: { kind: bridge, addresses: [10.0.2.1/24] }
      p: { peer: green/g, bridge: br }
  green:
    links: { g: { addresses: [10.0.2.2/24] } }
`,
});
const plain = { width: 100, measure: Bun.stringWidth, paint: (text: string) => text };

test("the graph of a topology file has its namespaces, links and what joins them", () => {
  const graph = graphOfTopology(chain);
  expect(graph.namespaces).toMatchObject([
    { id: "red", role: "namespace", forwarding: false, defaultRoutes: [{ via: "10.0.1.2", link: "a" }] },
    { id: "blue", forwarding: true },
    { id: "green" },
  ]);
  expect(graph.links.map(({ id, segment }) => [id, segment])).toEqual([
    ...[["red/a", 0] as const, ["blue/b", 0] as const],
    ...[["blue/br", 1] as const, ["blue/p", 1] as const, ["green/g", 1] as const],
  ] as never);
  expect(graph.edges).toEqual([
    { kind: "veth", from: "blue/b", to: "red/a" },
    { kind: "port", from: "blue/p", to: "blue/br" },
    { kind: "veth", from: "blue/p", to: "green/g" },
    { kind: "default-route", from: "red/a", to: "blue/b" },
  ]);
});

test("the tree begins with whoever has most links, and goes on over lines that are too long", () => {
  expect(drawTree(graphOfTopology(chain), plain)).toEqual([
    "blue (router)",
    "├─ b 10.0.1.2/24 fd00:1::2/64 ─── red a 10.0.1.1/24 fd00:1::1/64 default via 10.0.1.2",
    "└─ br bridge 10.0.2.1/24",
    "   └─ p ─── green g 10.0.2.2/24",
  ]);
  const narrow = drawTree(graphOfTopology(chain), { ...plain, width: 44 });
  expect(narrow.slice(1, 4)).toEqual([
    "├─ b 10.0.1.2/24 fd00:1::2/64 ─── red a",
    "│    10.0.1.1/24 fd00:1::1/64",
    "│    default via 10.0.1.2",
  ]);
  expect(Math.max(...narrow.map((line) => line.length))).toBeLessThanOrEqual(44);
});

/** Routers in a row. */
function row(count: number) {
  const namespaces = Array.from({ length: count }, (_, at) => {
    const left = at === 0 ? "" : `      left: { addresses: [10.0.${at - 1}.2/24] }\n`;
    const right = at === count - 1 ? "" : `      right: { peer: r${at + 1}/left, addresses: [10.0.${at}.1/24] }\n`;
    return `  r${at}:\n    links:\n${left}${right}`;
  });
  const text = `topology: row\nnamespaces:\n${namespaces.join("")}`;
  return graphOfTopology(readTopology({ path: "row.yaml", text }));
}

test("a long row stays within a page: the tree begins anew, the picture turns around", () => {
  const graph = row(100);
  const lines = drawTree(graph, { ...plain, width: Number.POSITIVE_INFINITY });
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(100);
  for (const { name } of graph.namespaces)
    expect(lines.some((line) => line.includes(`${name} `) || line === name)).toBe(true);
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(drawSvg(graph, Bun.stringWidth)) ?? [];
  expect(Number(width)).toBeLessThan(3000);
  expect(Number(height)).toBeLessThan(2000);
});

test("a part of the graph is some namespaces with what they lead to, and can hide its addresses", () => {
  const part = narrowGraph(graphOfTopology(chain), {
    namespaces: new Set(["green"]),
    stopped: false,
    addresses: false,
  });
  expect(part.namespaces.map(({ id }) => id)).toEqual(["blue", "green"]);
  expect(part.links.map(({ id }) => id)).toEqual(["blue/br", "blue/p", "green/g"]);
  expect(JSON.stringify(part)).not.toMatch(/10\.0\./);
  expect(drawSvg(part, Bun.stringWidth)).not.toMatch(/10\.0\./);
});

function link(name: string, more: Partial<Record<keyof NamespaceLink, unknown>> = {}): NamespaceLink {
  return { index: 1, name, kind: "veth", up: true, mtu: 1500, addresses: [], ...more } as NamespaceLink;
}

function namespace(ino: number, label: string, links: readonly NamespaceLink[]): NamespaceView {
  const routing = { forwarding: true, defaultRoutes: [] };
  return { ino, label, own: ino === 1, names: [], paths: [], sandboxes: [], processes: [], links, routing };
}

// Only what pictures are made of.
const backend = {
  id: "n1",
  name: "backend",
  driver: { kind: "bridge", settings: { bridge: "br-b" } },
  subnets: [{ prefix: "10.7.0.0/24" }],
  internal: false,
} as unknown as NetworkView;
const stopped = {
  id: "5b",
  name: "job",
  namespace: { kind: "own" },
  ports: [1, 2, 3, 4, 5, 6].map((hostPort) => ({ protocol: "tcp", hostPort, sandboxPort: 80 })),
  endpoints: [
    { network: "n1", networkName: "backend", sandboxName: "job", interfaceName: "eth0", addresses: ["10.7.0.9/24"] },
  ],
} as unknown as SandboxView;

function machine() {
  return graphOfNamespaces({
    title: "build7",
    namespaces: [
      namespace(1, "pid:1", [
        link("lo", { kind: "physical", addresses: ["127.0.0.1/8", "::1/128"] }),
        link("sit0", { kind: "sit", up: false }),
        link("eth0", { kind: "physical", addresses: ["203.0.113.2/24", "fe80::2/64"] }),
        link("br-b", { kind: "bridge", network: "backend", addresses: ["10.7.0.1/24"] }),
        link("w1", { master: "br-b", network: "backend", lower: { ino: 2, namespace: "web", link: "eth0" } }),
        link("lost"),
        link("vx", { kind: "vxlan", vxlan: { vni: 7, local: "203.0.113.2", remotes: ["203.0.113.9"] } }),
      ]),
      {
        ...namespace(2, "web", [
          link("eth0", {
            network: "backend",
            addresses: ["10.7.0.2/24"],
            lower: { ino: 1, namespace: "pid:1", link: "w1" },
          }),
        ]),
        routing: { forwarding: false, defaultRoutes: [{ via: "10.7.0.1", link: "eth0" }] },
      } as unknown as NamespaceView,
    ],
    networks: [backend],
    sandboxes: [stopped],
  });
}

test("of a machine there are also networks, what is outside, and sandboxes that are not there", () => {
  const graph = machine();
  expect(graph.links.map(({ id }) => id)).toEqual([
    ...["net:[1]/eth0", "net:[1]/br-b", "net:[1]/w1", "net:[1]/lost", "net:[1]/vx", "net:[2]/eth0", "sandbox:5b/eth0"],
  ]);
  expect(graph.networks).toEqual([
    { id: "network:backend", name: "backend", driver: "bridge", subnets: ["10.7.0.0/24"], internal: false } as never,
  ]);
  expect(graph.outsides.map(({ name }) => name)).toEqual(["outside", "unseen namespace", "203.0.113.9"]);
  expect(graph.edges).toEqual([
    { kind: "uplink", from: "net:[1]/eth0", to: "outside:net:[1]/eth0" },
    { kind: "port", from: "net:[1]/w1", to: "net:[1]/br-b" },
    { kind: "veth", from: "net:[1]/w1", to: "net:[2]/eth0" },
    { kind: "veth", from: "net:[1]/lost", to: "outside:net:[1]/lost" },
    { kind: "tunnel", from: "net:[1]/vx", to: "outside:tunnel 203.0.113.9" },
    { kind: "endpoint", from: "sandbox:5b/eth0", to: "net:[1]/br-b" },
    { kind: "default-route", from: "net:[2]/eth0", to: "net:[1]/br-b" },
  ]);
  const running = narrowGraph(graph, { stopped: false, addresses: true });
  expect(running.namespaces.map(({ name }) => name)).toEqual(["host", "web"]);
  const [, , job] = graph.namespaces;
  expect(drawTree(graph, { ...plain, width: 200 }).find((line) => line.includes("job"))).toEndWith(
    "1 to 80/tcp 2 to 80/tcp 3 to 80/tcp 4 to 80/tcp and 2 more",
  );
  expect(job?.published).toHaveLength(6);
  const one = narrowGraph(graph, { stopped: true, addresses: true, networks: new Set(["backend"]) });
  expect(one.links.map(({ id }) => id)).toEqual([...["net:[1]/br-b", "net:[1]/w1", "net:[2]/eth0", "sandbox:5b/eth0"]]);
});

test("an address of another segment is no next hop", () => {
  const graph = graphOfNamespaces({
    title: "t",
    namespaces: [
      {
        ...namespace(1, "a", [link("eth0", { lower: { ino: 2, namespace: "b", link: "eth0" } })]),
        routing: { forwarding: false, defaultRoutes: [{ via: "10.0.0.1", link: "eth0" }] },
      } as unknown as NamespaceView,
      namespace(2, "b", [link("eth0", { lower: { ino: 1, namespace: "a", link: "eth0" } })]),
      namespace(3, "c", [link("eth0", { addresses: ["10.0.0.1/24"] })]),
    ],
    networks: [],
    sandboxes: [],
  });
  expect(graph.edges.map(({ kind }) => kind)).toEqual(["veth", "veth"]);
});

/** Every name that somebody may give, in one graph. */
function hostile() {
  const names = [
    ...[
      '"]; x -> y; [label="',
      "</text><script>alert(1)</script>",
      "]]>&lt;&amp;",
      "a\\",
      "\\N\\G",
      "end",
      "%%{init}%%",
    ],
    ...[
      "\u202egnp.exe",
      "\u001b[31mred",
      "line\nbreak",
      "\ud800",
      "#quot;",
      "`**bold**`",
      "日本語の名前",
      "<b>",
      "click n0 href",
      "x".repeat(80),
    ],
  ];
  return graphOfNamespaces({
    title: names.join(" "),
    namespaces: names.map((name, index) =>
      namespace(index + 1, name, [
        link(name, {
          lower: { ino: ((index + 1) % names.length) + 1, namespace: "", link: names[(index + 1) % names.length] },
        }),
        link("br", { kind: "bridge", network: name }),
        link(`p${name}`, { master: "br" }),
      ]),
    ),
    networks: names.map((name) => ({ ...backend, name })) as never,
    sandboxes: [],
  });
}

test("no name steers a terminal", () => {
  const text = drawTree(hostile(), plain).join("\n");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there.
  expect(text.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\p{Cs}/u);
  expect(text).toContain("日本語の名前");
});

/** What `drawMermaid` writes of Mermaid's grammar, a line each. Strings hold nothing that Mermaid, Markdown or HTML could read. */
const string = String.raw`"(?:[\p{L}\p{N} ./:,()-]|#\d+;|<br\/>)*"`;
const lines = [
  "flowchart LR",
  String.raw`  subgraph s\d+\[${string}\]`,
  "  end",
  String.raw`    n\d+(?:\(${string}\)|\[\[${string}\]\])`,
  String.raw`  s\d+\[${string}\]`,
  String.raw`  n\d+\(\[${string}\]\)`,
  String.raw`  n\d+ (?:---|===|-\.->|-\.-|-\. default \.->) n\d+`,
  String.raw`  classDef c\d+ stroke:#[0-9a-f]{6}`,
  String.raw`  class n\d+(?:,n\d+)* c\d+`,
].map((line) => new RegExp(`^${line}$`, "u"));

test.each([
  ["a chain", graphOfTopology(chain)],
  ["a machine", machine()],
  ["hostile names", hostile()],
])("Mermaid's lines are of its grammar: %s", (_, graph) => {
  const text = drawMermaid(graph);
  const wrong = text
    .trimEnd()
    .split("\n")
    .filter((line) => !lines.some((pattern) => pattern.test(line)));
  expect(wrong).toEqual([]);
  const defined = new Set(Array.from(text.matchAll(/^ {2,4}(n\d+)[([]/gm), ([, name]) => name));
  expect(defined.size).toBe(graph.links.length + graph.outsides.length);
  for (const [, name] of text.matchAll(/\b(n\d+)\b(?![^"\n]*")/g)) expect(defined).toContain(name);
});

test("no text in an SVG is wider than its card, and none lies on another", () => {
  const svg = drawSvg(machine(), Bun.stringWidth);
  const cards = svg.split("\n").filter((line) => /^<g class="(namespace|outside)/.test(line));
  expect(cards.length).toBe(6);
  for (const card of cards) {
    const width = Number(/<rect class="card" width="([\d.]+)"/.exec(card)?.[1]);
    const texts = Array.from(card.matchAll(/<text class="(\w+)" x="([\d.]+)" y="([\d.]+)">([^<]*)</g), (match) => {
      const [, style = "", x = "", y = "", text = ""] = match;
      const advance = { title: 8.6, role: 6.4, word: 6.65, port: 6.65, note: 6.65 }[style] ?? 7.25;
      const long = Bun.stringWidth(text.replace(/&#\d+;/g, "x")) * advance;
      return { y: Number(y), left: style === "role" ? Number(x) - long : Number(x), long, text };
    });
    for (const [index, one] of texts.entries()) {
      expect(one.left + one.long).toBeLessThanOrEqual(width);
      for (const other of texts.slice(index + 1)) {
        const isApart =
          Math.abs(one.y - other.y) >= 11 || one.left + one.long <= other.left || other.left + other.long <= one.left;
        expect(isApart ? "" : `${one.text} on ${other.text}`).toBe("");
      }
    }
  }
});
