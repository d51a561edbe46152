import type { EdgeKind, LinkNode, PictureGraph } from "./graph.ts";
import { segmentColours } from "./palette.ts";
import { plainText } from "./plain-text.ts";
import { linkLines, namespaceLines } from "./words.ts";

const edgeStyles: Readonly<Record<EdgeKind, string>> = {
  veth: "dir=none",
  port: "dir=none, style=bold",
  lower: "style=dashed, arrowhead=empty",
  tunnel: "dir=none, style=dotted",
  uplink: "dir=none",
  endpoint: "dir=none, style=dashed",
  "default-route": 'style=dotted, constraint=false, label="default"',
};

/** Graphviz: a cluster for each namespace, a node for each link. Source: graphviz.org, "DOT Language". */
export function drawDot(graph: PictureGraph): string {
  const names = nodeNames(graph);
  const colours = segmentColours(graph);
  const byNamespace = Map.groupBy(graph.links, ({ namespace }) => namespace);
  const clusters = graph.namespaces.flatMap((namespace, index) => [
    `  subgraph cluster_${index} {`,
    `    label=${quote(namespaceLines(namespace))}; style="rounded${namespace.stopped ? ",dashed" : ""}"; color="#8b949e";`,
    // A cluster without a node would not be drawn.
    ...((byNamespace.get(namespace.id) ?? []).length === 0 ? [`    empty${index} [style=invis, label=""];`] : []),
    ...(byNamespace.get(namespace.id) ?? []).map((link) => `    ${names.get(link.id)} [${linkStyle(link, colours)}];`),
    "  }",
  ]);
  const outsides = graph.outsides.map(
    ({ id, name }) => `  ${names.get(id)} [label=${quote([name])}, shape=ellipse, style=dashed];`,
  );
  const segments = new Map(graph.links.map(({ id, segment }) => [id, segment]));
  const edges = graph.edges.flatMap(({ kind, from, to }) => {
    const colour = kind === "default-route" ? undefined : colours.get(segments.get(from) ?? -1);
    const style = `${edgeStyles[kind]}${colour === undefined ? "" : `, color="${colour.light}"`}`;
    return [`  ${names.get(from)} -> ${names.get(to)} [${style}];`];
  });
  return [
    `digraph ${quote([plainText(graph.title)])} {`,
    `  label=${quote([plainText(graph.title)])}; labelloc=t; rankdir=LR; fontname="sans-serif"; nodesep=0.15;`,
    '  node [shape=box, style=rounded, fontname="monospace", fontsize=10];',
    '  edge [fontname="sans-serif", fontsize=9, arrowsize=0.7];',
    ...clusters,
    ...outsides,
    ...edges,
    "}",
    "",
  ].join("\n");
}

function linkStyle(link: LinkNode, colours: ReturnType<typeof segmentColours>): string {
  const colour = colours.get(link.segment);
  return [
    `label=${quote(linkLines(link))}`,
    ...(colour === undefined ? [] : [`color="${colour.light}"`]),
    ...(link.kind === "bridge" ? ["penwidth=2"] : []),
    ...(link.up ? [] : ['style="rounded,dashed"']),
  ].join(", ");
}

/** Ours, since theirs would have to be escaped. */
function nodeNames({ links, outsides }: PictureGraph): ReadonlyMap<string, string> {
  return new Map([...links, ...outsides].map(({ id }, index) => [id, `n${index}`]));
}

/**
 * A quoted string. A backslash begins an escape in labels, and an ampersand an entity. Source: graphviz.org, "escString" and "The
 * DOT Language", character encodings.
 */
function quote(lines: readonly string[]): string {
  const escaped = lines.map((line) => line.replace(/&/g, "&amp;").replace(/\\/g, "\\\\").replace(/"/g, '\\"'));
  return `"${escaped.join("\\n")}"`;
}
