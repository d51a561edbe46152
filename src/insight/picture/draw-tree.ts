import type { LinkNode, NamespaceNode, PictureGraph } from "./graph.ts";
import { type Colour, segmentColours } from "./palette.ts";
import { plainText, tellingAddresses } from "./plain-text.ts";
import { kindWords, publishedWords, roleWords, routeWords } from "./words.ts";

/** How a word looks: a colour of the 256 of a terminal, or one of these. */
export type Paint = (text: string, look: "bold" | "dim" | number) => string;

export interface TreeLook {
  /** Columns. */
  readonly width: number;
  /** In columns. */
  readonly measure: (text: string) => number;
  readonly paint: Paint;
}

/** A word of a line, with how it looks. */
interface Word {
  readonly text: string;
  readonly look?: "bold" | "dim" | number;
}

interface Item {
  readonly words: readonly Word[];
  readonly below: readonly Item[];
}

/**
 * The graph as a tree of lines: each namespace with its links, bridges with their ports, and at each link what its other end is. A
 * namespace is shown once, where the first way from the host, or from the one with most links, leads to it.
 */
export function drawTree(graph: PictureGraph, look: TreeLook): readonly string[] {
  const items = new Forest(graph).items();
  return items.flatMap((item) => [
    ...wrap(item.words, { first: "", rest: "  ", look }),
    ...item.below.flatMap((below, index) =>
      drawItem(below, { indent: "", isLast: index === item.below.length - 1, look }),
    ),
  ]);
}

interface Place {
  readonly indent: string;
  readonly isLast: boolean;
  readonly look: TreeLook;
}

function drawItem({ words, below }: Item, { indent, isLast, look }: Place): readonly string[] {
  const deeper = `${indent}${isLast ? "   " : "│  "}`;
  const rest = `${deeper}${below.length > 0 ? "│ " : "  "}`;
  return [
    ...wrap(words, { first: `${indent}${isLast ? "└─ " : "├─ "}`, rest, look }),
    ...below.flatMap((item, index) => drawItem(item, { indent: deeper, isLast: index === below.length - 1, look })),
  ];
}

interface Wrapping {
  readonly first: string;
  /** Before the words that did not fit. */
  readonly rest: string;
  readonly look: TreeLook;
}

function wrap(words: readonly Word[], { first, rest, look: { width, measure, paint } }: Wrapping): readonly string[] {
  const lines: string[] = [];
  let line = paint(first, "dim");
  let used = measure(first);
  let isEmpty = true;
  for (const { text, look } of words) {
    const room = measure(text) + (isEmpty ? 0 : 1);
    if (!isEmpty && used + room > width) {
      lines.push(line);
      line = paint(rest, "dim");
      used = measure(rest);
      isEmpty = true;
    }
    line += `${isEmpty ? "" : " "}${look === undefined ? text : paint(text, look)}`;
    used += measure(text) + (isEmpty ? 0 : 1);
    isEmpty = false;
  }
  return [...lines, line.trimEnd()];
}

/** The other end of an edge. */
interface FarEnd {
  readonly id: string;
  readonly kind: PictureGraph["edges"][number]["kind"];
  /** Whether the edge begins here. */
  readonly isLower: boolean;
}

/** Namespaces within namespaces; what lies deeper begins at the left again. */
const MOST_DEPTH = 8;

class Forest {
  readonly #graph: PictureGraph;
  readonly #namespaces: ReadonlyMap<string, NamespaceNode>;
  readonly #links: ReadonlyMap<string, LinkNode>;
  readonly #linksOf: ReadonlyMap<string, readonly LinkNode[]>;
  readonly #portsOf: ReadonlyMap<string | undefined, readonly LinkNode[]>;
  readonly #farEnds: ReadonlyMap<string, readonly FarEnd[]>;
  readonly #outsides: ReadonlyMap<string, string>;
  readonly #colours: ReadonlyMap<number, Colour>;
  readonly #shown = new Set<string>();

  constructor(graph: PictureGraph) {
    this.#graph = graph;
    this.#namespaces = new Map(graph.namespaces.map((each) => [each.id, each]));
    this.#links = new Map(graph.links.map((link) => [link.id, link]));
    this.#linksOf = Map.groupBy(graph.links, ({ namespace }) => namespace);
    this.#portsOf = Map.groupBy(graph.links, ({ master }) => master);
    this.#outsides = new Map(graph.outsides.map(({ id, name }) => [id, name]));
    this.#colours = segmentColours(graph);
    const ends = graph.edges
      .filter(({ kind }) => kind !== "default-route" && kind !== "port")
      .flatMap(({ kind, from, to }) => [
        { at: from, end: { id: to, kind, isLower: kind === "lower" } },
        { at: to, end: { id: from, kind, isLower: false } },
      ]);
    this.#farEnds = new Map(
      Array.from(
        Map.groupBy(ends, ({ at }) => at),
        ([at, of]) => [at, of.map(({ end }) => end)],
      ),
    );
  }

  items(): readonly Item[] {
    const size = ({ id }: NamespaceNode): number => this.#linksOf.get(id)?.length ?? 0;
    const { namespaces } = this.#graph;
    const roots = namespaces.toSorted(
      (a, b) => Number(b.role === "host") - Number(a.role === "host") || size(b) - size(a),
    );
    return roots.flatMap((namespace) => {
      if (this.#shown.has(namespace.id)) return [];
      this.#shown.add(namespace.id);
      const links = this.#topLinks(namespace.id);
      const words = [...this.#namespaceWords(namespace), ...this.#noteWords(namespace)];
      return [{ words, below: links.map((link) => this.#linkItem(link, 0)) }];
    });
  }

  /** Those that are ports of none shown. */
  #topLinks(namespace: string): readonly LinkNode[] {
    const links = this.#linksOf.get(namespace) ?? [];
    return links.filter(({ master }) => master === undefined || !this.#links.has(master));
  }

  #namespaceWords(namespace: NamespaceNode): readonly Word[] {
    const role = roleWords(namespace);
    return [
      { text: plainText(namespace.name), look: "bold" },
      ...(role === "" ? [] : [{ text: `(${role})`, look: "dim" } as const]),
    ];
  }

  #noteWords(namespace: NamespaceNode): readonly Word[] {
    const notes = [...namespace.defaultRoutes.map(routeWords), ...publishedWords(namespace)];
    return notes.map((text) => ({ text, look: "dim" }));
  }

  /** @param depth Of namespaces within namespaces. */
  #linkItem(link: LinkNode, depth: number): Item {
    const ports = (this.#portsOf.get(link.id) ?? []).filter(({ id }) => id !== link.id);
    const ends = (this.#farEnds.get(link.id) ?? []).filter(({ id }) => !this.#isCarriedBy(id, link.id));
    const [only] = ends;
    const single =
      ports.length === 0 && ends.length === 1 && only !== undefined ? this.#farItem(only, depth) : undefined;
    return {
      words: [
        ...this.#linkWords(link),
        ...(single === undefined ? [] : [{ text: "───", look: "dim" } as const, ...single.words]),
      ],
      below: [
        ...ports.map((port) => this.#linkItem(port, depth)),
        ...(single === undefined ? ends.map((end) => this.#farItem(end, depth)) : single.below),
      ],
    };
  }

  /** Whether the other one has said already that it lies on this one, in the same namespace. */
  #isCarriedBy(upper: string, lower: string): boolean {
    const [a, b] = [this.#links.get(upper), this.#links.get(lower)];
    if (a === undefined || b === undefined || a.namespace !== b.namespace) return false;
    return (this.#farEnds.get(upper) ?? []).some(({ id, isLower }) => isLower && id === lower);
  }

  #farItem({ id, kind, isLower }: FarEnd, depth: number): Item {
    const link = this.#links.get(id);
    const relation = isLower ? "on" : kind === "tunnel" ? "tunnel to" : kind === "lower" ? "carries" : undefined;
    const before: readonly Word[] = relation === undefined ? [] : [{ text: relation, look: "dim" }];
    if (link === undefined) return { words: [...before, { text: plainText(this.#outsides.get(id) ?? id) }], below: [] };
    const namespace = this.#namespaces.get(link.namespace);
    if (namespace === undefined) return { words: [...before, ...this.#linkWords(link)], below: [] };
    if (this.#shown.has(namespace.id) || depth === MOST_DEPTH) {
      const name: Word = { text: plainText(namespace.name), look: "bold" };
      return { words: [...before, name, ...this.#linkWords(link)], below: [] };
    }
    this.#shown.add(namespace.id);
    const others = this.#topLinks(namespace.id).filter(({ id: each }) => each !== link.id);
    const ports = (this.#portsOf.get(link.id) ?? []).map((port) => this.#linkItem(port, depth + 1));
    return {
      words: [...before, ...this.#namespaceWords(namespace), ...this.#linkWords(link), ...this.#noteWords(namespace)],
      below: [...ports, ...others.map((each) => this.#linkItem(each, depth + 1))],
    };
  }

  #linkWords(link: LinkNode): readonly Word[] {
    const colour = this.#colours.get(link.segment)?.terminal;
    const kind = kindWords(link);
    const network = link.network === undefined || link.kind !== "bridge" ? [] : [{ text: plainText(link.network) }];
    return [
      { text: plainText(link.name), ...(colour !== undefined && { look: colour }) },
      ...(kind === "" ? [] : [{ text: kind, look: "dim" } as const]),
      ...network,
      ...tellingAddresses(link.addresses).map((text) => ({ text })),
    ];
  }
}
