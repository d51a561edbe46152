import { expect, test } from "bun:test";
import { join } from "node:path";
import type { PictureGraph } from "../../src/insight/picture/mod.ts";
import { drawExample, picturedExamples, picturePath } from "../../tools/pictures.ts";
import {
  look,
  lookWith,
  type Place,
  privileged,
  run,
  runOrThrow,
  startDaemon,
  weft,
  weftCommand,
  witness,
} from "../support/mod.ts";
import { createTopologyPlace, type TopologyPlace } from "./topology-place.ts";

const here: Place = { netnsPath: "/proc/self/ns/net" };
const examples = join(import.meta.dir, "../../examples/topologies");

test.each([...picturedExamples])(
  "docs/pictures/%s.svg is what its example says: tools/pictures.ts draws it",
  async (name) => {
    expect(await Bun.file(picturePath(name)).text()).toBe(await drawExample(name));
  },
);

/** What `ip -j -d link` says of one link. */
interface WitnessedLink {
  readonly ifindex: number;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly master?: string;
  readonly link_index?: number;
  readonly link_netnsid?: number;
  readonly linkinfo?: { readonly info_kind?: string };
}

const topology = `
topology: seen
host:
  links:
    br0: { kind: bridge, addresses: [192.168.1.254/24, "fd00:1::fe/64"] }
    to-red: { peer: red/eth0, bridge: br0 }
    to-blue: { peer: blue/eth0, bridge: br0, mtu: 1400 }
    down0: { peer: blue/eth1, up: false }
namespaces:
  red:
    links:
      eth0: { addresses: [192.168.1.1/24, "fd00:1::1/64"] }
      over: { kind: vxlan, vni: 42, local: 192.168.1.1, remote: 192.168.1.2, addresses: [10.42.0.1/24] }
    routes: [{ to: default, via: 192.168.1.254 }, { to: default, via: "fd00:1::fe" }]
  blue:
    forwarding: true
    links:
      eth0: { addresses: [192.168.1.2/24], mtu: 1400 }
      eth1: {}
      over: { kind: vxlan, vni: 42, local: 192.168.1.2, remote: 192.168.1.1, addresses: [10.42.0.2/24] }
      mv: { kind: macvlan, lower: eth0, mode: private }
`;

const hostPath = ({ host }: TopologyPlace): string => host.netnsPath;

test.if(privileged)("the graph has what ip sees in each namespace", async () => {
  await using place = await createTopologyPlace({ label: "pictures" });
  await place.up(topology);
  const paths = new Map(["host", "red", "blue"].map((name) => [name, place.at(name).netnsPath]));
  const inos = new Map<string, string>();
  for (const [name, path] of paths) {
    const ino = (await runOrThrow(here, ["stat", "--dereference", "--format=%i", path])).trim();
    inos.set(name, `net:[${ino}]`);
  }
  const graph = (await look(place.host, `topology ${[...paths.values()].join(" ")}`)) as PictureGraph;
  expect(graph.namespaces.map(({ id }) => id).sort()).toEqual([...inos.values()].sort());

  const seen = new Map<string, readonly WitnessedLink[]>();
  for (const [name, path] of paths) {
    seen.set(name, (await witness({ netnsPath: path }, "ip -j -d link")) as readonly WitnessedLink[]);
  }
  const wantedLinks = [...seen].flatMap(([name, links]) =>
    links
      .filter(({ ifname }) => ifname !== "lo")
      .map(({ ifname, flags, mtu, master, linkinfo }) => ({
        id: `${inos.get(name)}/${ifname}`,
        namespace: inos.get(name),
        kind: linkinfo?.info_kind,
        up: flags.includes("UP"),
        mtu,
        master: master === undefined ? undefined : `${inos.get(name)}/${master}`,
      })),
  );
  const shownLinks = graph.links.map(({ id, namespace, kind, up, mtu, master }) => ({
    ...{ id, namespace, kind, up, mtu, master },
  }));
  const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);
  expect(shownLinks.toSorted(byId)).toEqual(wantedLinks.toSorted(byId) as never);

  const id = (name: string, link: string): string => `${inos.get(name)}/${link}`;
  const joined = graph.edges.map(({ kind, from, to }) => `${kind} ${[from, to].sort().join(" ")}`).sort();
  const pair = (kind: string, a: string, b: string): string => `${kind} ${[a, b].sort().join(" ")}`;
  expect(joined).toEqual(
    [
      pair("veth", id("host", "to-red"), id("red", "eth0")),
      pair("veth", id("host", "to-blue"), id("blue", "eth0")),
      pair("veth", id("host", "down0"), id("blue", "eth1")),
      pair("port", id("host", "to-red"), id("host", "br0")),
      pair("port", id("host", "to-blue"), id("host", "br0")),
      pair("tunnel", id("red", "over"), id("blue", "over")),
      pair("lower", id("blue", "mv"), id("blue", "eth0")),
      pair("default-route", id("red", "eth0"), id("host", "br0")),
    ].sort(),
  );
  // The kernel's numbers of veth ends name each other.
  const indexOf = (name: string, link: string) => seen.get(name)?.find(({ ifname }) => ifname === link);
  expect(indexOf("host", "to-red")?.link_index).toBe(indexOf("red", "eth0")?.ifindex ?? -1);
  expect(graph.namespaces.find(({ id: each }) => each === inos.get("blue"))).toMatchObject({ forwarding: true });

  const tree = (await lookWith(place.host, `topology ${hostPath(place)}`)).stdout;
  expect(tree).toContain("├─ br0 bridge 192.168.1.254/24 fd00:1::fe/64\n│  ├─ to-red ───");
  expect(tree).toMatch(
    /red eth0 192\.168\.1\.1\/24 fd00:1::1\/64 default via 192\.168\.1\.254 default via fd00:1::fe$/m,
  );
  expect(tree).not.toContain("\x1b");
});

test.if(privileged)("a file is drawn as it will be, and so it is drawn when it is up", async () => {
  await using place = await createTopologyPlace({ label: "pictures-file" });
  const path = join(place.directory, "topology.yaml");
  await Bun.write(path, topology);
  const planned = (await look(place.host, `topology -f ${path}`)) as PictureGraph;
  await place.up(topology);
  const paths = ["host", "red", "blue"].map((name) => place.at(name).netnsPath);
  const real = (await look(place.host, `topology ${paths.join(" ")}`)) as PictureGraph;
  // Names in place of ids, and without what only the kernel knows.
  const shape = ({ links, edges, namespaces }: PictureGraph) => {
    const place = new Map(
      namespaces.map(({ id, name, role }) => [id, role === "host" ? "host" : name.replace(/.*\//, "")]),
    );
    const called = new Map(links.map(({ id, namespace, name }) => [id, `${place.get(namespace)}/${name}`]));
    const ends = (from: string, to: string) => [called.get(from), called.get(to)].sort().join(" ");
    return {
      links: links
        .map(({ id, kind, up, addresses, note }) => {
          const own = addresses.filter((address) => !address.startsWith("fe80:")).sort();
          return `${called.get(id)} ${kind} ${note} ${up} ${own.join(" ")}`;
        })
        .sort(),
      edges: edges.map(({ kind, from, to }) => `${kind} ${ends(from, to)}`).sort(),
    };
  };
  expect(shape(planned)).toEqual(shape(real));
});

/** A namespace may be called anything that is a file's name, and a link most things. */
const hostileName = `<b>&"]; x -> \\N \`'#;--`;
const hostileLink = `<i>&"';]--`;

test.if(privileged)("graphviz reads the DOT and xmllint the SVG, whatever things are called", async () => {
  await using place = await createTopologyPlace({ label: "pictures-names" });
  const paths = [place.host.netnsPath];
  const name = `weft-test-${process.pid}-${hostileName}`;
  await runOrThrow(here, ["ip", "netns", "add", name]);
  await using _gone = { [Symbol.asyncDispose]: async () => void (await run(here, ["ip", "netns", "delete", name])) };
  await runOrThrow(place.host, ["ip", "link", "add", hostileLink, "type", "veth", "peer", "name", "e0", "netns", name]);
  for (const format of ["svg", "dot", "mermaid"] as const) {
    const file = join(place.directory, `picture.${format === "mermaid" ? "mmd" : format}`);
    const { exitCode, stderr, stdout } = await lookWith(place.host, `topology ${paths.join(" ")} -o ${file}`);
    expect({ exitCode, stderr, stdout }).toEqual({ exitCode: 0, stderr: "", stdout: "" });
    const text = await Bun.file(file).text();
    if (format !== "dot") expect(text).not.toMatch(/<b>|<i>/);
    if (format === "svg") {
      expect(await run(here, ["xmllint", "--noout", "--nonet", file])).toMatchObject({ exitCode: 0, stderr: "" });
      const titles = await runOrThrow(here, ["xmllint", "--xpath", "//*[local-name()='title']/text()", file]);
      expect(titles).toContain(hostileLink.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"));
      expect(text).not.toMatch(/<script|href|onload|<image|url\(|@import/i);
    }
    if (format === "dot") {
      const drawn = await runOrThrow(here, ["dot", "-Tplain", file]);
      expect(drawn).toContain(hostileLink.replace('"', '\\"'));
      expect(drawn.split("\n").filter((line) => line.startsWith("edge "))).toHaveLength(1);
    }
  }
});

test.if(privileged).each(["bridge", "overlay", "macvlan", "policy-routing"])(
  "graphviz and xmllint read the pictures of the example %s, and with the nodes that it has",
  async (name) => {
    const path = join(examples, `${name}.yaml`);
    const graph = (await look(here, `topology -f ${path}`)) as PictureGraph;
    const dot = (await lookWith(here, `topology -f ${path} --format dot`)).stdout;
    const drawn = await runOrThrow(here, ["dot", "-Tplain"], { stdin: dot });
    const count = (kind: string): number => drawn.split("\n").filter((line) => line.startsWith(`${kind} `)).length;
    expect({ nodes: count("node"), edges: count("edge") }).toEqual({
      nodes: graph.links.length + graph.outsides.length,
      edges: graph.edges.length,
    });
    const svg = (await lookWith(here, `topology -f ${path} --format svg`)).stdout;
    expect(await run(here, ["xmllint", "--noout", "-"], { stdin: svg })).toMatchObject({ exitCode: 0, stderr: "" });
  },
);

test.if(privileged)(
  "with a daemon there are networks and sandboxes by name, and those that are stopped on demand",
  async () => {
    await using place = await createTopologyPlace({ label: "pictures-daemon", uplink: true });
    await using daemon = await startDaemon(place.host);
    const ok = async (...words: readonly string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await weft(daemon, ...words);
      expect({ words, exitCode, stderr }).toMatchObject({ exitCode: 0 });
      return stdout;
    };
    await ok("network", "create", "--subnet", "10.7.0.0/24", "back");
    await ok("network", "create", "--subnet", "10.8.0.0/24", "front");
    await ok(..."run -d --name web -p 8088:80 --network back --network front -- sleep 300".split(" "));
    await ok(..."run --name job --network back -- true".split(" ")); // comes back when the program has ended
    const graph = JSON.parse(await ok("topology", "--network", "back", "--json")) as PictureGraph;
    expect(graph.networks).toMatchObject([{ name: "back", subnets: ["10.7.0.0/24"] }]);
    expect(graph.namespaces.map(({ name }) => name)).toContain("web");
    expect(graph.links.every(({ network }) => network === "back")).toBe(true);
    expect(new Set(graph.links.map(({ segment }) => segment)).size).toBe(1);
    expect(graph.edges).toContainEqual(expect.objectContaining({ kind: "default-route" }));
    const all = JSON.parse(await ok("topology", "--network", "back", "--all", "--json")) as PictureGraph;
    expect(all.namespaces.find(({ name }) => name === "job")).toMatchObject({ stopped: true });
    expect(await ok("topology", "web")).toMatch(/bridge back 10\.7\.0\.1\/24/);
    const svg = await ok("topology", "--network", "front", "--hide-addresses", "--format", "svg");
    expect(svg).toContain(">front<");
    expect(svg).toContain(">8088 to 80/tcp<");
    expect(svg).not.toContain("10.8.");
    expect(await weft(daemon, "topology", "--network", "nowhere")).toMatchObject({
      exitCode: 4,
      stderr: 'weft: Cannot find network "nowhere": there is none of that name, want one of weft network ls\n',
    });
  },
);

test.if(privileged)("has colours on a terminal only, and lines that fit it", async () => {
  const path = join(examples, "overlay.yaml");
  const words = [...weftCommand(), "topology", "-f", path].join(" ");
  const onTerminal = (columns: number) => `stty columns ${columns} < /dev/tty; ${words}`;
  const terminal = async (columns: number): Promise<string> =>
    await runOrThrow(here, ["script", "--quiet", "--command", onTerminal(columns), "/dev/null"], {
      environment: { TERM: "xterm" },
    });
  const wide = await terminal(200);
  expect(wide).toContain("\x1b[1mred\x1b[0m");
  expect(wide).toContain("mwan\x1b[0m");
  const narrow = (await terminal(60)).split("\r\n").map((line) => Bun.stripANSI(line));
  expect(Math.max(...narrow.map((line) => [...line].length))).toBeLessThanOrEqual(60);
  const { stdout } = await lookWith(here, `topology -f ${path}`);
  expect(stdout).not.toContain("\x1b");
  expect(stdout.split("\n").length).toBeLessThan(narrow.length);
});

test.if(privileged).each([
  ["-f /nowhere/x.yaml", 2, "weft: Cannot read /nowhere/x.yaml: there is no such file, want a file that can be read\n"],
  [
    `-f ${join(examples, "bridge.yaml")} -o /nowhere/x.svg`,
    2,
    "weft: Cannot write /nowhere/x.svg: ENOENT, want a file that can be written\n",
  ],
  [
    `-f ${join(examples, "bridge.yaml")} purple`,
    2,
    `weft: Cannot find "purple" in ${join(examples, "bridge.yaml")}: want one of its namespaces, host, red, blue, green\n`,
  ],
  [
    `-f ${join(examples, "bridge.yaml")} --network back`,
    2,
    "weft: Cannot use --network with --file: a topology file has no networks, want a PLACE of it\n",
  ],
  ["--format gif", 2, 'weft: Cannot use --format "gif": want tree, svg, dot, mermaid\n'],
  ["nowhere-at-all", 4, 'weft: Cannot find namespace "nowhere-at-all": '],
  [
    "--network back",
    4,
    'weft: Cannot find network "back": no daemon answers that could know it, want one of weft network ls\n',
  ],
])("refuses topology %s", async (words, exitCode, says) => {
  const refused = await lookWith(here, `topology ${words}`);
  expect({ exitCode: refused.exitCode, stdout: refused.stdout }).toEqual({ exitCode, stdout: "" });
  expect(refused.stderr).toStartWith(says);
});
