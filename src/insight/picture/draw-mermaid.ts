import type { EdgeKind, PictureGraph } from "./graph.ts";
import { segmentColours } from "./palette.ts";
import { linkLines, namespaceLines } from "./words.ts";

const arrows: Readonly<Record<EdgeKind, string>> = {
  veth: "---",
  port: "===",
  lower: "-.->",
  tunnel: "-.-",
  uplink: "---",
  endpoint: "-.-",
  "default-route": "-. default .->",
};

/** Mermaid: a flowchart with a subgraph for each namespace, a node for each link. Source: mermaid.js.org, "Flowcharts Syntax". */
export function drawMermaid(graph: PictureGraph): string {
  const names = new Map([...graph.links, ...graph.outsides].map(({ id }, index) => [id, `n${index}`]));
  const colours = segmentColours(graph);
  const byNamespace = Map.groupBy(graph.links, ({ namespace }) => namespace);
  const subgraphs = graph.namespaces.flatMap((namespace, index) => {
    const links = byNamespace.get(namespace.id) ?? [];
    const name = quote(namespaceLines(namespace));
    if (links.length === 0) return [`  s${index}[${name}]`];
    return [
      `  subgraph s${index}[${name}]`,
      ...links.map((link) => {
        const [open, close] = link.kind === "bridge" ? ["[[", "]]"] : ["(", ")"];
        return `    ${names.get(link.id)}${open}${quote(linkLines(link))}${close}`;
      }),
      "  end",
    ];
  });
  const outsides = graph.outsides.map(({ id, name }) => `  ${names.get(id)}([${quote([name])}])`);
  const edges = graph.edges.map(({ kind, from, to }) => `  ${names.get(from)} ${arrows[kind]} ${names.get(to)}`);
  const classes = Array.from(
    Map.groupBy(
      graph.links.filter(({ segment }) => colours.has(segment)),
      ({ segment }) => colours.get(segment)?.light ?? "",
    ),
    ([colour, links], index) => [
      `  classDef c${index} stroke:${colour}`,
      `  class ${links.map(({ id }) => names.get(id)).join(",")} c${index}`,
    ],
  ).flat();
  return ["flowchart LR", ...subgraphs, ...outsides, ...edges, ...classes, ""].join("\n");
}

/**
 * A quoted string in which only letters, digits and what cannot mean anything to Mermaid, HTML or Markdown stand for themselves.
 * Source: mermaid.js.org, "Entity codes to escape characters": numbers are decimal.
 */
function quote(lines: readonly string[]): string {
  const escaped = lines.map((line) =>
    line.replace(/[^\p{L}\p{N} ./:,()-]/gu, (character) => `#${character.codePointAt(0)};`),
  );
  return `"${escaped.join("<br/>")}"`;
}
