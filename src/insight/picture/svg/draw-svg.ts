import type { EdgeKind, PictureEdge, PictureGraph } from "../graph.ts";
import { PALETTE, segmentColours } from "../palette.ts";
import { plainText, shorten } from "../plain-text.ts";
import { arrange, type Point, type Route, type Wire, type WireEnd } from "./arrange.ts";
import { type Card, layCards, type Measure, type Row, TITLE_HEIGHT } from "./cards.ts";

const MARGIN = 24;
const HEADING = 58;
const LEGEND_LINE = 22;
/** Of a character of the heading, at most. */
const TITLE_ADVANCE = 11;
const LEAST_WIDTH = 320;
/** How far a line between two cards of one column reaches out. */
const LOOP = 48;

/**
 * A picture of the graph as one SVG document: namespaces as cards with their links in them, a colour for each segment. It runs no
 * script, loads nothing, and follows the reader's choice of light or dark. Source: W3C, "SVG 2"; "SVG Accessibility" for title and desc.
 */
export function drawSvg(graph: PictureGraph, measure: Measure): string {
  const cards = layCards(graph, measure);
  const drawn = graph.edges.filter(isWire);
  const { corners, routes, ...size } = arrange(cards, wiresOf(drawn, graph));
  const classOf = colourClasses(graph);
  const segments = new Map(graph.links.map(({ id, segment }) => [id, segment]));
  const routed = new Set(graph.edges.filter(({ kind }) => kind === "default-route").map(({ from }) => from));
  const edges = drawn.map((edge, index) =>
    drawEdge(edge, routes[index], {
      className: classOf(segments.get(edge.from) ?? segments.get(edge.to)),
      routed,
    }),
  );
  const across = Math.max(size.width, LEAST_WIDTH);
  const legend = legendLines(graph, measure, across);
  const top = MARGIN + HEADING + legend.lines * LEGEND_LINE - 6;
  const width = Math.ceil(across + 2 * MARGIN);
  const height = Math.ceil(size.height + top + MARGIN);
  const title = plainText(graph.title);
  const { short, long } = describe(graph);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escapeXml(title)}</title>`,
    `<desc id="desc">${escapeXml(long)}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    `<text class="heading" x="${MARGIN}" y="${MARGIN + 16}">${escapeXml(shorten(title, Math.floor(across / TITLE_ADVANCE)))}</text>`,
    `<text class="summary" x="${MARGIN}" y="${MARGIN + 36}">${escapeXml(short)}</text>`,
    ...legend.items.map((item) => drawLegendItem(item, classOf)),
    `<g transform="translate(${MARGIN} ${top})">`,
    ...edges.map(({ wire }) => wire),
    ...cards.map((card) => drawCard(card, corners.get(card.id) ?? { x: 0, y: 0 }, classOf)),
    ...edges.flatMap(({ ends }) => ends),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

/** A default route takes the way of another edge, and a port lies within its bridge. */
function isWire({ kind }: PictureEdge): boolean {
  return kind !== "default-route" && kind !== "port";
}

function wiresOf(edges: readonly PictureEdge[], { links, outsides }: PictureGraph): readonly Wire[] {
  const cardOf = new Map([
    ...links.map(({ id, namespace }) => [id, namespace] as const),
    ...outsides.map(({ id }) => [id, id] as const),
  ]);
  const end = (id: string): WireEnd => ({ box: cardOf.get(id) ?? "", port: id });
  return edges.map(({ kind, from, to }) => ({ from: end(from), to: end(to), isWeak: kind === "tunnel" }));
}

type ClassOf = (segment: number | undefined) => string;

function colourClasses(graph: PictureGraph): ClassOf {
  const colours = segmentColours(graph);
  return (segment) => {
    const colour = segment === undefined ? undefined : colours.get(segment);
    return colour === undefined ? "c" : `c c${PALETTE.indexOf(colour)}`;
  };
}

function drawLegendItem({ x, line, text, segment }: LegendItem, classOf: ClassOf): string {
  const [left, base] = [MARGIN + x, MARGIN + HEADING + line * LEGEND_LINE];
  const chip = `<rect class="chip" x="${round(left)}" y="${base - 9}" width="10" height="10" rx="3"/>`;
  return `<g class="${classOf(segment)}">${chip}<text x="${round(left + 16)}" y="${base}">${escapeXml(text)}</text></g>`;
}

const dashes: Partial<Record<EdgeKind, string>> = { lower: " dashed", tunnel: " dotted", endpoint: " dashed" };

interface EdgeLook {
  readonly className: string;
  /** Links that a default route leaves by. */
  readonly routed: ReadonlySet<string>;
}

/** The line, and what lies above the cards at its ends: a dot, or an arrow where a default route leads. */
function drawEdge(
  { kind, from, to }: PictureEdge,
  route: Route | undefined,
  { className, routed }: EdgeLook,
): { readonly wire: string; readonly ends: readonly string[] } {
  const [first, last] = [route?.points[0], route?.points.at(-1)];
  if (route === undefined || first === undefined || last === undefined) return { wire: "", ends: [] };
  const onward = route.loops || first.x > last.x ? -1 : 1;
  const ends = [
    { at: first, into: route.loops ? -1 : -onward, isHop: routed.has(to) },
    { at: last, into: onward, isHop: routed.has(from) },
  ];
  return {
    wire: `<path class="wire ${className}${dashes[kind] ?? ""}" d="${pathOf(route)}"/>`,
    ends: ends.map(({ at, into, isHop }) => {
      if (!isHop) return `<circle class="end ${className}" cx="${round(at.x)}" cy="${round(at.y)}" r="3"/>`;
      const back = round(at.x - into * 8);
      const [x, y] = [round(at.x + into), round(at.y)];
      return `<path class="end ${className}" d="M${x} ${y}L${back} ${y - 4.5}V${y + 4.5}Z"/>`;
    }),
  };
}

/** Curves from point to point that begin and end level. */
function pathOf({ points, loops }: Route): string {
  const [first, ...others] = points;
  if (first === undefined) return "";
  let before: Point = first;
  const parts = [`M${round(first.x)} ${round(first.y)}`];
  for (const point of others) {
    if (Math.abs(before.y - point.y) < 0.5) {
      parts.push(`L${round(point.x)} ${round(point.y)}`);
    } else if (loops) {
      const reach = round(point.x + LOOP);
      parts.push(`C${reach} ${round(before.y)} ${reach} ${round(point.y)} ${round(point.x)} ${round(point.y)}`);
    } else {
      const middle = round((before.x + point.x) / 2);
      parts.push(`C${middle} ${round(before.y)} ${middle} ${round(point.y)} ${round(point.x)} ${round(point.y)}`);
    }
    before = point;
  }
  return parts.join("");
}

function drawCard(card: Card, { x, y }: Point, classOf: ClassOf): string {
  const state = `${card.kind}${card.isHost ? " host" : ""}${card.isStopped ? " stopped" : ""}`;
  const body = [
    `<title>${escapeXml(card.hint)}</title>`,
    `<rect class="card" width="${round(card.width)}" height="${round(card.height)}" rx="${card.kind === "outside" ? 17 : 8}"/>`,
    `<text class="title" x="12" y="22">${escapeXml(card.title)}</text>`,
    ...(card.role === ""
      ? []
      : [`<text class="role" x="${round(card.width - 12)}" y="22">${escapeXml(card.role)}</text>`]),
    ...(card.rows.length > 0 || card.notes.length > 0
      ? [`<path class="rule" d="M0 ${TITLE_HEIGHT - 1}H${round(card.width)}"/>`]
      : []),
    ...card.blocks.map(
      (block) =>
        `<rect class="block ${classOf(block.segment)}" x="5" y="${block.y}" width="${round(card.width - 10)}" height="${block.height}" rx="6"/>`,
    ),
    ...card.rows.map((row) => drawRow(row, classOf)),
    ...card.notes.map(({ y: line, text }) => `<text class="note" x="12" y="${line + 4}">${escapeXml(text)}</text>`),
  ];
  return `<g class="${state}" transform="translate(${round(x)} ${round(y)})">${body.join("")}</g>`;
}

function drawRow({ link, hint, texts }: Row, classOf: ClassOf): string {
  const words = texts.map(
    ({ x, y, text, style }) => `<text class="${style}" x="${round(x)}" y="${round(y + 4)}">${escapeXml(text)}</text>`,
  );
  const down = link.up ? "" : " down";
  return `<g class="${classOf(link.segment)}${down}"><title>${escapeXml(hint)}</title>${words.join("")}</g>`;
}

interface LegendItem {
  readonly x: number;
  readonly line: number;
  readonly text: string;
  readonly segment: number | undefined;
}

/** Networks with their subnets, in lines as wide as the picture. */
function legendLines(
  { networks, links }: PictureGraph,
  measure: Measure,
  width: number,
): { readonly items: readonly LegendItem[]; readonly lines: number } {
  const segments = new Map(links.map(({ network, segment }) => [network, segment]));
  const items: LegendItem[] = [];
  let [x, line] = [0, 0];
  for (const { name, subnets, internal } of networks) {
    const text = [plainText(name), ...subnets, ...(internal ? ["internal"] : [])].join(" ");
    const room = 16 + measure(text) * 7.4 + 24;
    if (x > 0 && x + room > width) [x, line] = [0, line + 1];
    items.push({ x, line, text, segment: segments.get(name) });
    x += room;
  }
  return { items, lines: items.length === 0 ? 0 : line + 1 };
}

function describe({ title, namespaces, links, networks, edges }: PictureGraph): {
  readonly short: string;
  readonly long: string;
} {
  const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`;
  const short = [
    count(namespaces.length, "namespace"),
    count(links.length, "link"),
    ...(networks.length > 0 ? [count(networks.length, "network")] : []),
    ...(edges.some(({ kind }) => kind === "default-route") ? ["arrows are default routes"] : []),
  ].join(", ");
  const names = new Map([
    ...links.map(({ id, name, namespace }) => {
      const home = namespaces.find((each) => each.id === namespace)?.name ?? "";
      return [id, `${home}/${name}`] as const;
    }),
  ]);
  const joins = edges
    .filter(({ kind, from, to }) => kind !== "default-route" && kind !== "port" && names.has(from) && names.has(to))
    .slice(0, MOST_TOLD)
    .map(({ from, to }) => `${names.get(from)} to ${names.get(to)}`);
  const told = joins.length === 0 ? "" : ` Joined are ${joins.join(", ")}.`;
  return { short, long: plainText(`Network topology of ${title}: ${short}.${told}`) };
}

/** Joints in the description: a reader aloud of hundreds helps nobody. */
const MOST_TOLD = 60;

/** Text and attributes of XML. */
function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const COLOURS = (ground: "light" | "dark"): string =>
  PALETTE.map((colour, number) => {
    const value = colour[ground];
    return `.c${number}.wire{stroke:${value}}.c${number}.end,.c${number} .chip,.c${number} .bridge{fill:${value}}.c${number}.block{fill:${value};stroke:${value}}`;
  }).join("");

const STYLE = [
  "text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace;font-size:12px;fill:#1f2328}",
  ".heading,.summary,.title,.role{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans','Liberation Sans',sans-serif}",
  ".heading{font-size:18px;font-weight:600}.summary{font-size:12px;fill:#59636e}.title{font-size:14px;font-weight:600}",
  ".role{font-size:11px;fill:#59636e;text-anchor:end}.name,.bridge{font-weight:600}.word,.port,.note{font-size:11px;fill:#59636e}",
  ".outside .title{font-weight:400}.outside .note{font-size:12px}",
  ".paper{fill:#fff}.card{fill:#f6f8fa;stroke:#d1d9e0;stroke-width:1.2}.host .card{stroke:#818b98;stroke-width:1.6}",
  ".outside .card{fill:#fff;stroke-dasharray:4 3;stroke:#818b98}.stopped .card{stroke-dasharray:5 4}.stopped text,.down text{opacity:.55}",
  ".rule{stroke:#d1d9e0;fill:none}.outside .rule{stroke:none}",
  ".wire{fill:none;stroke:#818b98;stroke-width:1.8}.dashed{stroke-dasharray:6 4}.dotted{stroke-dasharray:2 4;stroke-linecap:round;stroke-width:2.4}",
  ".end{fill:#818b98}.block{fill:#818b98;stroke:#818b98;fill-opacity:.1;stroke-opacity:.45}.chip{fill:#818b98}",
  COLOURS("light"),
  "@media(prefers-color-scheme:dark){",
  "text{fill:#e6edf3}.summary,.role,.word,.port,.note{fill:#9198a1}.paper{fill:#0d1117}",
  ".card{fill:#161b22;stroke:#3d444d}.host .card{stroke:#9198a1}.outside .card{fill:#0d1117;stroke:#9198a1}.rule{stroke:#3d444d}",
  COLOURS("dark"),
  "}",
].join("");
