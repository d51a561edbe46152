import type { LinkNode, NamespaceNode, OutsideNode, PictureGraph } from "../graph.ts";
import { plainText, shorten, tellingAddresses } from "../plain-text.ts";
import { kindWords, linkLines, namespaceLines, publishedWords, roleWords, routeWords } from "../words.ts";
import type { Box } from "./arrange.ts";

/** A namespace with its links, or what is outside, as it will be drawn: all sizes in units of the picture, from its upper left corner. */
export interface Card extends Box {
  readonly kind: "namespace" | "outside";
  readonly title: string;
  /** What shows when somebody points at it. */
  readonly hint: string;
  readonly role: string;
  readonly isHost: boolean;
  readonly isStopped: boolean;
  readonly rows: readonly Row[];
  readonly blocks: readonly Block[];
  /** Lines at its foot. */
  readonly notes: readonly { readonly y: number; readonly text: string }[];
}

/** A link in a card. */
export interface Row {
  readonly link: LinkNode;
  readonly hint: string;
  readonly isBridge: boolean;
  readonly isPort: boolean;
  readonly texts: readonly CardText[];
  /** The middle of its first line. */
  readonly y: number;
}

export interface CardText {
  readonly x: number;
  /** The middle of the line. */
  readonly y: number;
  readonly text: string;
  readonly style: "name" | "bridge" | "port" | "address" | "word";
}

/** The ground of a bridge with its ports. */
export interface Block {
  readonly y: number;
  readonly height: number;
  readonly segment: number;
}

/** How wide text is, in characters of a fixed width: two for those of East Asia. */
export type Measure = (text: string) => number;

export const TITLE_HEIGHT = 34;
const PAD = 12;
const LINE = 17;
const PORT_LINE = 16;
const ROW_GAP = 7;
const COLUMN_GAP = 18;
const PORT_INDENT = 14;
/** Advance widths, on the safe side: of fixed fonts at 12 and 11 units, of others in bold at 14 and plain at 11. */
const FIXED = 7.4;
const SMALL = 6.8;
const TITLE = 8.8;
const ROLE = 6.4;
const LEAST_WIDTH = 132;
const MOST_NAME = 26;
const MOST_TITLE = 34;

/** Every card of a graph, namespaces first. */
export function layCards(graph: PictureGraph, measure: Measure): readonly Card[] {
  const links = Map.groupBy(graph.links, ({ namespace }) => namespace);
  return [
    ...graph.namespaces.map((namespace) => namespaceCard(namespace, links.get(namespace.id) ?? [], measure)),
    ...graph.outsides.map((outside) => outsideCard(outside, viasOf(outside, graph), measure)),
  ];
}

function namespaceCard(namespace: NamespaceNode, links: readonly LinkNode[], measure: Measure): Card {
  const name = plainText(namespace.name);
  const title = shorten(name, MOST_TITLE);
  const role = roleWords(namespace);
  const { rows, blocks, height, width } = layRows(links, measure);
  const lines = [...namespace.defaultRoutes.map(routeWords), ...publishedWords(namespace)];
  const notes = lines.map((text, index) => ({ y: height + LINE * (index + 0.5), text }));
  const foot = notes.length === 0 ? 0 : LINE * notes.length + 7;
  return {
    id: namespace.id,
    kind: "namespace",
    title,
    hint: namespaceLines(namespace).join("\n"),
    role,
    isHost: namespace.role === "host",
    isStopped: namespace.stopped,
    width: Math.max(
      LEAST_WIDTH,
      width,
      2 * PAD + measure(title) * TITLE + (role === "" ? 0 : 14 + measure(role) * ROLE),
      ...lines.map((text) => 2 * PAD + measure(text) * SMALL),
    ),
    height: Math.max(height, TITLE_HEIGHT + 4) + foot,
    ports: new Map(rows.map(({ link, y }) => [link.id, y])),
    ...(namespace.role === "host" && { rank: 1 }),
    rows,
    blocks,
    notes,
  };
}

interface Rows {
  readonly rows: readonly Row[];
  readonly blocks: readonly Block[];
  readonly width: number;
  /** Of the card so far. */
  readonly height: number;
}

/** Links under each other, each bridge with its ports below it. */
function layRows(links: readonly LinkNode[], measure: Measure): Rows {
  const ids = new Set(links.map(({ id }) => id));
  const ports = Map.groupBy(
    links.filter(({ master }) => master !== undefined && ids.has(master)),
    ({ master }) => master,
  );
  const own = links.filter(({ master }) => master === undefined || !ids.has(master));
  const order = [...own.filter(({ id }) => !ports.has(id)), ...own.filter(({ id }) => ports.has(id))];
  const names = order.flatMap((link) => {
    // What stands below a name stands beside the second address.
    const beside = nameTexts(link).slice(0, tellingAddresses(link.addresses).length);
    return beside.map(({ text, style }) => measure(text) * (style === "word" ? SMALL : FIXED));
  });
  const addressX = PAD + Math.max(0, ...names) + COLUMN_GAP;
  const rows: Row[] = [];
  const blocks: Block[] = [];
  let y = TITLE_HEIGHT + 5;
  for (const link of order) {
    const top = y;
    const isMaster = ports.has(link.id) || link.kind === "bridge";
    if (isMaster) y += 4;
    const middle = (line: number): number => y + LINE * (line + 0.5);
    const texts = [
      ...nameTexts(link).map(({ text, style }, line) => ({ x: PAD, y: middle(line), text, style })),
      ...tellingAddresses(link.addresses).map(
        (text, line) => ({ x: addressX, y: middle(line), text, style: "address" }) as const,
      ),
    ];
    rows.push({ link, hint: hintOf(link), isBridge: isMaster, isPort: false, texts, y: middle(0) });
    y += LINE * Math.max(nameTexts(link).length, tellingAddresses(link.addresses).length);
    for (const port of ports.get(link.id) ?? []) {
      const words = [port.name, kindWords(port)].filter((word) => word !== "").map(plainText);
      const text = shorten(words.join(" "), MOST_NAME);
      const addresses = tellingAddresses(port.addresses);
      const at = y + PORT_LINE / 2;
      rows.push({
        ...{ link: port, hint: hintOf(port), isBridge: false, isPort: true, y: at },
        texts: [
          { x: PAD + PORT_INDENT, y: at, text, style: "port" },
          ...addresses.map(
            (each, line) => ({ x: addressX, y: at + PORT_LINE * line, text: each, style: "address" }) as const,
          ),
        ],
      });
      y += PORT_LINE * Math.max(1, addresses.length);
    }
    if (isMaster) {
      y += 5;
      blocks.push({ y: top, height: y - top, segment: link.segment });
    }
    y += ROW_GAP;
  }
  const right = rows.flatMap(({ texts }) =>
    texts.map(({ x, text, style }) => x + measure(text) * (style === "port" || style === "word" ? SMALL : FIXED)),
  );
  return { rows, blocks, width: Math.max(0, ...right) + PAD, height: y };
}

/** The name, and below it what there is to say of it. */
function nameTexts(link: LinkNode): readonly Pick<CardText, "text" | "style">[] {
  const isBridge = link.kind === "bridge";
  const network = link.network === undefined || !isBridge ? "" : plainText(link.network);
  const words = [network, kindWords(link)].filter((word) => word !== "").join(" ");
  return [
    { text: shorten(plainText(link.name), MOST_NAME), style: isBridge ? "bridge" : "name" },
    ...(words === "" ? [] : [{ text: shorten(words, MOST_NAME), style: "word" } as const]),
  ];
}

function hintOf(link: LinkNode): string {
  const network = link.network === undefined ? [] : [`network ${plainText(link.network)}`];
  const mtu = link.mtu === undefined ? [] : [`MTU ${link.mtu}`];
  return [...linkLines(link), ...network, ...mtu].join("\n");
}

/** Next hops that are out there. */
function viasOf({ id }: OutsideNode, { edges, links, namespaces }: PictureGraph): readonly string[] {
  const entering = new Set(
    edges.filter(({ kind, to }) => kind === "default-route" && to === id).map(({ from }) => from),
  );
  const owners = new Map(links.filter((link) => entering.has(link.id)).map(({ namespace, name }) => [namespace, name]));
  return namespaces.flatMap(({ id: namespace, defaultRoutes }) =>
    defaultRoutes.flatMap(({ via, link }) =>
      via !== undefined && link !== undefined && owners.get(namespace) === link ? [via] : [],
    ),
  );
}

function outsideCard({ id, name }: OutsideNode, vias: readonly string[], measure: Measure): Card {
  const title = shorten(plainText(name), MOST_TITLE);
  const height = TITLE_HEIGHT + LINE * vias.length + (vias.length > 0 ? 4 : 0);
  return {
    ...{ id, kind: "outside", title, hint: [title, ...vias].join("\n"), role: "", isHost: false, isStopped: false },
    width: Math.max(88, 2 * PAD + measure(title) * TITLE, ...vias.map((via) => 2 * PAD + measure(via) * FIXED)),
    height,
    ports: new Map([[id, Math.min(height / 2, TITLE_HEIGHT / 2)]]),
    wantsLeft: true,
    rows: [],
    blocks: [],
    notes: vias.map((text, line) => ({ y: TITLE_HEIGHT - 4 + LINE * (line + 0.5), text })),
  };
}
