import type { LineCounter, parseAllDocuments } from "yaml";
import { quickValue } from "./quick-value.ts";
import { type FieldPath, type Position, YamlFileError } from "./yaml-file-error.ts";

/** Far above any file that people write: a topology of a thousand routers has a tenth of it. */
const MAX_CHARACTERS = 8_388_608;

export interface YamlFile {
  /** As shown in errors. */
  readonly path: string;
  readonly text: string;
}

/** A YAML file as plain values, and where each of them stands. */
export interface YamlDocument {
  readonly value: unknown;
  /** The refusal of what stands at the path; of its nearest parent where nothing does. */
  readonly refuse: (path: FieldPath, detail: string, options?: ErrorOptions) => YamlFileError;
}

/**
 * A plain file is read without positions, and once more with them when something in it is to be refused.
 *
 * @throws {YamlFileError} malformed YAML, a key given twice, several documents.
 */
export function parseYamlDocument(file: YamlFile): YamlDocument {
  const quick = file.text.length > MAX_CHARACTERS ? undefined : quickValue(file.text);
  if (quick === undefined) return parseWithPositions(file);
  let whole: YamlDocument | undefined;
  return {
    value: quick.value,
    refuse(path, detail, options) {
      whole ??= parseWithPositions(file);
      return whole.refuse(path, detail, options);
    },
  };
}

/** Loaded when first needed, which is seldom: that takes longer than to read most files. */
function library(): typeof import("yaml") {
  return require("yaml");
}

function parseWithPositions({ path: file, text }: YamlFile): YamlDocument {
  const lines = new (library().LineCounter)();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (text.length > MAX_CHARACTERS) {
    throw new YamlFileError(at(0), [], `the file has ${text.length} characters: want at most ${MAX_CHARACTERS}`);
  }
  const documents = parse(text, lines);
  const [document, second] = Array.isArray(documents) ? documents : [];
  const error = document?.errors[0];
  if (error !== undefined) throw new YamlFileError(at(error.pos[0]), [], yamlSentence(error.code, error.message));
  if (second !== undefined) throw new YamlFileError(at(second.range?.[0] ?? 0), [], "a second YAML document: want one");
  return {
    value: document === undefined ? undefined : plain(() => document.toJS(), at(0)),
    refuse: (path, detail, options) =>
      new YamlFileError(at(offsetOf(document?.contents, path) ?? 0), path, detail, options),
  };
}

function parse(text: string, lineCounter: LineCounter): ReturnType<typeof parseAllDocuments> {
  return library().parseAllDocuments(text.replace(/^\uFEFF/, ""), {
    ...{ lineCounter, prettyErrors: false, logLevel: "silent", version: "1.2", merge: true },
  });
}

/** Aliases that expand to more than the library's limit are refused here. */
function plain(toJs: () => unknown, start: Position): unknown {
  try {
    return toJs();
  } catch (error) {
    throw new YamlFileError(start, [], `malformed YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function yamlSentence(code: string, message: string): string {
  if (code === "DUPLICATE_KEY") return "malformed YAML: this key is given twice in one mapping: want it once";
  return `malformed YAML: ${message}`;
}

/** Where the value of the path begins: a key's own place where its value is a mapping or a list. */
function offsetOf(contents: unknown, path: FieldPath): number | undefined {
  const { isCollection, isMap, isPair, isScalar } = library();
  let node: unknown = contents;
  let offset = rangeStart(node);
  for (const key of path) {
    if (!isCollection(node)) break;
    const item: unknown = isMap(node)
      ? node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key))
      : node.items[Number(key)];
    if (item === undefined) break;
    node = isPair(item) ? item.value : item;
    const own = isScalar(node) || !isPair(item) ? rangeStart(node) : undefined;
    offset = own ?? (isPair(item) ? rangeStart(item.key) : undefined) ?? offset;
  }
  return offset;
}

function rangeStart(node: unknown): number | undefined {
  const { isCollection, isScalar } = library();
  return isCollection(node) || isScalar(node) ? node.range?.[0] : undefined;
}
