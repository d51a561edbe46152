import type { Alias, LineCounter, Pair, parseAllDocuments, YAMLMap } from "yaml";
import { ComposeError } from "./compose-error.ts";
import type { MapEntry, MapNode, MergeTag, Node, Position } from "./node.ts";

/** Loaded when first needed: `weft up` also reads files that are no Compose files. */
function yaml(): typeof import("yaml") {
  return require("yaml");
}

/** Far above any file that people write, far below what would hold up a daemon. */
export const DOCUMENT_LIMITS = { characters: 1_048_576, nodes: 100_000, depth: 64 } as const;

export interface ComposeFile {
  /** As shown in errors, and the base of relative paths. */
  readonly path: string;
  readonly text: string;
}

/**
 * Reads the documents of one YAML 1.2 file; empty ones are left out. `<<` merges as in YAML 1.1, since Compose files are full of it.
 *
 * @throws {ComposeError} with line and column: malformed YAML, a key given twice, no mapping at the top, beyond `DOCUMENT_LIMITS`.
 */
export function parseDocuments(file: ComposeFile): readonly MapNode[] {
  const lines = new (yaml().LineCounter)();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file: file.path, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const refuse = (offset: number, detail: string): ComposeError =>
    new ComposeError({ position: at(offset), path: "" }, detail);

  if (file.text.length > DOCUMENT_LIMITS.characters) {
    throw refuse(
      0,
      `the file has ${file.text.length} characters: want at most ${DOCUMENT_LIMITS.characters} in a Compose file`,
    );
  }
  const documents = parseYaml(file.text.replace(/^\uFEFF/, ""), lines, refuse);
  const trees: MapNode[] = [];
  for (const document of documents) {
    const error = document.errors[0];
    if (error !== undefined) throw refuse(error.pos[0], yamlSentence(error.code, error.message));
    if (document.contents === null || (yaml().isScalar(document.contents) && document.contents.value === null))
      continue;
    const tree = new Converter(at, refuse).convert(document.contents, 0);
    if (tree.kind !== "map")
      throw refuse(document.range?.[0] ?? 0, 'want a mapping with "services" at the top of the file');
    trees.push(tree);
  }
  return trees;
}

type ParsedDocument = Extract<ReturnType<typeof parseAllDocuments>, readonly unknown[]>[number];
type Refuse = (offset: number, detail: string) => ComposeError;

function parseYaml(text: string, lineCounter: LineCounter, refuse: Refuse): readonly ParsedDocument[] {
  try {
    const documents = yaml().parseAllDocuments(text, {
      lineCounter,
      prettyErrors: false,
      logLevel: "silent",
      version: "1.2",
    });
    return Array.isArray(documents) ? documents : [];
  } catch (error) {
    // The parser descends by recursion, and a file of brackets alone overflows its stack.
    if (error instanceof RangeError) throw refuse(0, `the YAML is nested too deeply: ${nestingWanted()}`);
    throw error;
  }
}

function nestingWanted(): string {
  return `want at most ${DOCUMENT_LIMITS.depth} levels`;
}

function yamlSentence(code: string, message: string): string {
  if (message.includes("call stack")) return `the YAML is nested too deeply: ${nestingWanted()}`;
  if (code === "DUPLICATE_KEY") return "malformed YAML: this key is given twice in one mapping: want it once";
  return `malformed YAML: ${message}`;
}

/** Turns one YAML document into our nodes. Counts what aliases expand to: the readers visit every use of an anchor. */
class Converter {
  readonly #at: (offset: number) => Position;
  readonly #refuse: Refuse;
  readonly #converted = new Map<unknown, Node>();
  /** The latest node of each anchor's name: nodes come in the document's order. */
  readonly #anchors = new Map<string, unknown>();
  readonly #sizes = new Map<Node, number>();
  readonly #open = new Set<unknown>();

  constructor(at: (offset: number) => Position, refuse: Refuse) {
    this.#at = at;
    this.#refuse = refuse;
  }

  convert(source: unknown, depth: number, offset = 0): Node {
    const start = offsetOf(source) ?? offset;
    if (depth > DOCUMENT_LIMITS.depth) {
      throw this.#refuse(start, `the YAML is nested too deeply: ${nestingWanted()}`);
    }
    if (yaml().isAlias(source)) return this.#alias(source, depth, start);
    const known = this.#converted.get(source);
    if (known !== undefined) return known;
    this.#remember(source);
    this.#open.add(source);
    const node = this.#value(source, depth, start);
    this.#open.delete(source);
    this.#converted.set(source, node);
    this.#measure(node, start);
    return node;
  }

  #alias(alias: Alias, depth: number, start: number): Node {
    const target = this.#anchors.get(alias.source);
    if (target === undefined) throw this.#refuse(start, `malformed YAML: no anchor &${alias.source} stands before it`);
    if (this.#open.has(target)) throw this.#refuse(start, `malformed YAML: the anchor &${alias.source} holds itself`);
    return this.convert(target, depth, start);
  }

  #value(source: unknown, depth: number, start: number): Node {
    const position = this.#at(start);
    const tag = this.#tag(source, start);
    const common = { position, ...(tag !== undefined && { tag }) };
    if (yaml().isMap(source)) return { kind: "map", entries: this.#entries(source, depth, start), ...common };
    if (yaml().isSeq(source)) {
      return { kind: "list", items: source.items.map((item) => this.convert(item, depth + 1, start)), ...common };
    }
    if (!yaml().isScalar(source)) return { kind: "scalar", value: null, text: "", ...common };
    const { value } = source;
    if (value === null || value === undefined) return { kind: "scalar", value: null, text: "", ...common };
    if (typeof value === "number" || typeof value === "boolean") {
      return { kind: "scalar", value, text: source.source ?? String(value), ...common };
    }
    return { kind: "scalar", value: String(value), text: String(value), ...common };
  }

  #entries(source: YAMLMap, depth: number, start: number): ReadonlyMap<string, MapEntry> {
    const entries = new Map<string, MapEntry>();
    const inherited = new Map<string, MapEntry>();
    for (const pair of source.items) {
      const keyStart = offsetOf(pair.key) ?? start;
      const key = this.#key(pair, keyStart);
      const value = this.convert(pair.value, depth + 1, keyStart);
      if (key !== "<<") entries.set(key, { keyPosition: this.#at(keyStart), value });
      // What an earlier `<<` source gave stays.
      else
        for (const [name, entry] of this.#merged(value, keyStart)) if (!inherited.has(name)) inherited.set(name, entry);
    }
    for (const [name, entry] of inherited) if (!entries.has(name)) entries.set(name, entry);
    return entries;
  }

  #merged(value: Node, start: number): readonly (readonly [string, MapEntry])[] {
    const sources = value.kind === "list" ? value.items : [value];
    return sources.flatMap((source) => {
      if (source.kind !== "map")
        throw this.#refuse(start, 'malformed YAML: "<<" wants a mapping or a list of mappings');
      return [...source.entries];
    });
  }

  #key(pair: Pair, start: number): string {
    this.#remember(pair.key);
    const key = yaml().isAlias(pair.key) ? this.#anchors.get(pair.key.source) : pair.key;
    if (!yaml().isScalar(key) || key.value === null) {
      throw this.#refuse(start, "malformed YAML: a key is a text here, not a collection or nothing");
    }
    return typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
  }

  #remember(source: unknown): void {
    const anchor = yaml().isMap(source) || yaml().isSeq(source) || yaml().isScalar(source) ? source.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, source);
  }

  #tag(source: unknown, start: number): MergeTag | undefined {
    const tag = yaml().isMap(source) || yaml().isSeq(source) || yaml().isScalar(source) ? source.tag : undefined;
    if (tag === undefined || tag === "!" || tag.startsWith("tag:yaml.org,2002:")) return undefined;
    if (tag === "!reset") return "reset";
    if (tag === "!override") return "override";
    throw this.#refuse(start, `unknown YAML tag ${tag}: want !reset, !override or none`);
  }

  #measure(node: Node, start: number): void {
    let size = 1;
    if (node.kind === "list") for (const item of node.items) size += this.#sizes.get(item) ?? 1;
    if (node.kind === "map") for (const { value } of node.entries.values()) size += this.#sizes.get(value) ?? 1;
    if (size > DOCUMENT_LIMITS.nodes) {
      throw this.#refuse(start, `the YAML expands to too much: want at most ${DOCUMENT_LIMITS.nodes} values`);
    }
    this.#sizes.set(node, size);
  }
}

function offsetOf(source: unknown): number | undefined {
  if (!yaml().isMap(source) && !yaml().isSeq(source) && !yaml().isScalar(source) && !(source instanceof yaml().Alias))
    return undefined;
  return source.range?.[0];
}
