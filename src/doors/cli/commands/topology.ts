import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { Refusal } from "../../../contract/plain.ts";
import {
  drawDot,
  drawMermaid,
  drawSvg,
  drawTree,
  graphOfNamespaces,
  graphOfTopology,
  namespaceId,
  narrowGraph,
  type PictureGraph,
} from "../../../insight/picture/mod.ts";
import { type Names, openPlace, type PlaceReference, parsePlace } from "../../../insight/place/mod.ts";
import { viewNamespaces } from "../../../insight/state/mod.ts";
import { defineCommand } from "../command.ts";
import type { CliHost } from "../host.ts";
import { operand } from "../operand.ts";
import { anyText, option } from "../option.ts";
import { hasColours, widthOf } from "../output.ts";
import { printableJson } from "../printable.ts";
import { UsageError } from "../usage-error.ts";
import { readInputFile, STDIN } from "../values/input-file.ts";
import { readNames } from "../values/place.ts";

const formats = ["tree", "svg", "dot", "mermaid"] as const;
type Format = (typeof formats)[number];

/** What the ending of a file's name says. */
const endings: Readonly<Record<string, Format>> = {
  svg: "svg",
  dot: "dot",
  gv: "dot",
  mmd: "mermaid",
  mermaid: "mermaid",
};

/** More of them Mermaid draws only for pages that say so. Source: `maxEdges` in mermaid's configuration. */
const MOST_MERMAID_EDGES = 499;

export const topology = defineCommand({
  name: "topology",
  summary: "Draw the namespaces, links, bridges and networks of this machine, or of a topology file",
  details:
    "As a tree in the terminal, or as SVG, DOT (graphviz) or Mermaid. Each namespace is there with its links and their addresses; lines lead from a link to its other end, to its bridge, or to the link that it lies on; what shares a segment has one colour. PLACE is as everywhere the name of a sandbox or of ip netns, a path, or pid:PID: then only these namespaces are drawn, and what their links lead to. No daemon is started: with one running, sandboxes and networks have their names. With --file the picture is what a topology file says, whether it is up or not, and PLACE is a namespace of the file.",
  options: {
    file: option.value("FILE", "Draw this topology file, - for standard input, and not the machine", anyText, {
      short: "f",
      complete: "file",
    }),
    network: option.list("NAME", "Only the links of this network", anyText, { complete: "network" }),
    format: option.oneOf(formats, "How to draw (default: as the name of --output ends, else tree)"),
    output: option.value("FILE", "Write there, not to standard output", anyText, { short: "o", complete: "file" }),
    all: option.flag("Also sandboxes whose programs do not run", { short: "a" }),
    hideAddresses: option.flag("Leave addresses out, for pictures that others will see"),
  },
  operands: { places: operand.many("PLACE", parsePlace, { least: 0, complete: "place" }) },
  daemon: "ask",
  examples: [
    { line: "weft topology", says: "Everything, as a tree" },
    { line: "weft topology -o host.svg", says: "As a picture, light or dark as its reader likes it" },
    {
      line: "weft topology web api --format mermaid",
      says: "Two sandboxes and what they are joined to, for a Markdown page",
    },
    {
      line: "weft topology --network backend --format dot | dot -Tpdf > backend.pdf",
      says: "One network, by graphviz",
    },
    { line: "weft topology -f chain.yaml -o chain.svg", says: "What a file will make, before it is up" },
  ],
  async run({ options, operands, client, out, host }) {
    const { file, output } = options;
    if (file !== undefined && options.network.length > 0) {
      throw new UsageError("Cannot use --network with --file: a topology file has no networks, want a PLACE of it");
    }
    const { graph, namespaces } =
      file === undefined
        ? lookAround(await readNames({ client, host }), { places: operands.places, networks: options.network })
        : await readFile(file, { places: operands.places, host });
    const shown = narrowGraph(graph, {
      stopped: options.all,
      addresses: !options.hideAddresses,
      ...(namespaces !== undefined && { namespaces }),
      ...(options.network.length > 0 && { networks: new Set(options.network) }),
    });
    if (options.json) return write(`${printableJson(shown, 2)}\n`, output, host);
    const format = options.format ?? endings[/\.([a-z]+)$/.exec(output ?? "")?.[1] ?? ""] ?? "tree";
    if (format === "mermaid" && shown.edges.length > MOST_MERMAID_EDGES) {
      out.note(
        `weft: warning: Mermaid draws at most ${MOST_MERMAID_EDGES} edges where nobody sets maxEdges, these are ${shown.edges.length}: --network and PLACE make fewer`,
      );
    }
    write(draw(shown, format, { host, isFile: output !== undefined && output !== STDIN }), output, host);
  },
});

interface Drawn {
  readonly graph: PictureGraph;
  /** Ids of those that somebody wants to see. */
  readonly namespaces?: ReadonlySet<string>;
}

interface Wanted {
  readonly places: readonly PlaceReference[];
  readonly networks: readonly string[];
}

function lookAround(names: Names, { places, networks }: Wanted): Drawn {
  for (const network of networks) {
    if (names.networks.some(({ name }) => name === network)) continue;
    const why = names.daemon === undefined ? "no daemon answers that could know it" : "there is none of that name";
    throw new Refusal(
      "not-found",
      `Cannot find network ${JSON.stringify(network)}: ${why}, want one of weft network ls`,
    );
  }
  const wanted = places.map((reference) => {
    using place = openPlace(reference, names);
    return namespaceId(place.netns.identity.ino);
  });
  const graph = graphOfNamespaces({
    title: hostname(),
    namespaces: viewNamespaces(names, { routing: true }),
    networks: names.networks,
    sandboxes: names.sandboxes,
  });
  return { graph, ...(wanted.length > 0 && { namespaces: new Set(wanted) }) };
}

interface FileWish {
  readonly places: readonly PlaceReference[];
  readonly host: CliHost;
}

async function readFile(path: string, { places, host }: FileWish): Promise<Drawn> {
  const { topologyOf } = await import("../topology.ts");
  const graph = graphOfTopology(topologyOf({ path, text: readInputFile(host.directory, path) }));
  const known = graph.namespaces.map(({ id }) => id);
  const wanted = places.map((reference) => {
    const name = "name" in reference ? reference.name : undefined;
    if (name !== undefined && known.includes(name)) return name;
    const shown = name === undefined ? "PLACE" : JSON.stringify(name);
    throw new UsageError(`Cannot find ${shown} in ${path}: want one of its namespaces, ${known.join(", ")}`);
  });
  return { graph, ...(wanted.length > 0 && { namespaces: new Set(wanted) }) };
}

interface Medium {
  readonly host: CliHost;
  readonly isFile: boolean;
}

function draw(graph: PictureGraph, format: Format, { host, isFile }: Medium): string {
  const { stdout, environment } = host;
  switch (format) {
    case "svg":
      return drawSvg(graph, Bun.stringWidth);
    case "dot":
      return drawDot(graph);
    case "mermaid":
      return drawMermaid(graph);
    case "tree": {
      const colours = !isFile && hasColours(stdout, environment);
      // Lines that a program reads are whole.
      const width = !isFile && stdout.isTerminal ? widthOf(stdout) : Number.POSITIVE_INFINITY;
      const lines = drawTree(graph, { width, measure: Bun.stringWidth, paint: colours ? paint : (text) => text });
      return lines.map((line) => `${line}\n`).join("");
    }
  }
}

function paint(text: string, look: "bold" | "dim" | number): string {
  const code = look === "bold" ? "1" : look === "dim" ? "2" : `38;5;${look}`;
  return text === "" ? "" : `\x1b[${code}m${text}\x1b[0m`;
}

/** @throws {UsageError} when the file cannot be written. */
function write(text: string, path: string | undefined, { stdout, directory }: CliHost): void {
  if (path === undefined || path === STDIN) {
    stdout.write(text);
    return;
  }
  try {
    writeFileSync(resolve(directory, path), text);
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new UsageError(`Cannot write ${path}: ${why}, want a file that can be written`);
  }
}
