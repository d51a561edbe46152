import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";
import { Refusal } from "../../contract/plain.ts";
import { parseObjectName } from "../../model/mod.ts";
import { type IpFamily, parseIpPrefix } from "../../net/mod.ts";
import { parseHosts } from "./parse-hosts.ts";
import { type AddressNeed, MOST_NEEDS } from "./plan.ts";

/** A file of so many needs has far less. */
const MOST_CHARACTERS = 1_048_576;
const KEYS = ["name", "hosts", "length", "families", "keep"];

export interface NeedsFile {
  /** As shown in errors. */
  readonly path: string;
  readonly text: string;
}

/**
 * Reads a list of needs, YAML or JSON: `- { name: web, hosts: 200, families: [ipv4, ipv6], keep: [10.0.0.0/24] }`; `length` may
 * stand in place of `hosts`.
 *
 * @throws {Refusal} `invalid`, with file, line and field.
 */
export function readNeeds({ path, text }: NeedsFile): readonly AddressNeed[] {
  const lines = new LineCounter();
  const refuse: Refuse = (node, why) => {
    const { line, col } = lines.linePos(node?.range?.[0] ?? 0);
    return new Refusal("invalid", `Cannot read ${path}:${Math.max(line, 1)}:${Math.max(col, 1)}: ${why}`);
  };
  if (text.length > MOST_CHARACTERS) throw refuse(undefined, `want at most ${MOST_CHARACTERS} characters`);
  const root = parseYaml(text, lines, refuse);
  if (!isSeq(root)) throw refuse(root, "want a list of networks at the top, such as - { name: web, hosts: 200 }");
  if (root.items.length > MOST_NEEDS) throw refuse(root, `want at most ${MOST_NEEDS} networks`);
  return root.items.map((item, index) => readNeed(item, { refuse, field: `[${index}]` }));
}

type Place = { readonly range?: readonly number[] | null | undefined };
type Refuse = (node: Place | null | undefined, why: string) => Refusal;

interface Reading {
  readonly refuse: Refuse;
  /** Where we are: `[1].hosts`. */
  readonly field: string;
}

function parseYaml(text: string, lineCounter: LineCounter, refuse: Refuse): Node | null {
  const tooDeep = (): Refusal => refuse(undefined, "the YAML is nested too deeply, want a list of mappings");
  try {
    const { errors, contents } = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: "silent" });
    const [error] = errors;
    if (error?.message.includes("call stack")) throw tooDeep();
    if (error !== undefined) throw refuse({ range: error.pos }, `malformed YAML: ${error.message}`);
    return contents;
  } catch (error) {
    // The parser descends by recursion, and a file of brackets alone overflows its stack.
    if (error instanceof RangeError) throw tooDeep();
    throw error;
  }
}

function readNeed(item: unknown, { refuse, field }: Reading): AddressNeed {
  if (!isMap(item)) throw refuse(placeOf(item), `${field} is no mapping, want one such as { name: web, hosts: 200 }`);
  for (const { key } of item.items) {
    const name = isScalar(key) ? String(key.value) : "";
    if (!KEYS.includes(name)) {
      throw refuse(placeOf(key), `${field} has the key ${JSON.stringify(name)}, want ${KEYS.join(", ")}`);
    }
  }
  const read = <T>(key: string, parse: (text: string) => T): T | undefined =>
    readValue(item, key, { refuse, field, parse });
  const name = read("name", parseObjectName);
  if (name === undefined) throw refuse(item, `${field} has no name`);
  const hosts = read("hosts", parseHosts);
  const lengthBits = read("length", parseLength);
  if (hosts !== undefined && lengthBits !== undefined)
    throw refuse(item, `${field} has hosts and a length, want one of them`);
  const families = readList(item, "families", { refuse, field, parse: parseFamily });
  const keep = readList(item, "keep", { refuse, field, parse: parseIpPrefix });
  if (hosts === undefined && lengthBits === undefined && keep.length === 0) {
    throw refuse(item, `${field} has no hosts, want how many`);
  }
  return {
    name,
    keep,
    ...(hosts !== undefined && { hosts }),
    ...(lengthBits !== undefined && { lengthBits }),
    ...(families.length > 0 && { families }),
  };
}

interface Parsing<T> extends Reading {
  readonly parse: (text: string) => T;
}

function readValue<T>(map: YAMLMap, key: string, parsing: Parsing<T>): T | undefined {
  const node = map.get(key, true);
  return node === undefined ? undefined : parseScalar(node, { ...parsing, field: `${parsing.field}.${key}` });
}

/** One value, or a list of them. */
function readList<T>(map: YAMLMap, key: string, parsing: Parsing<T>): readonly T[] {
  const node: unknown = map.get(key, true);
  if (node === undefined) return [];
  const field = `${parsing.field}.${key}`;
  if (!isSeq(node)) return [parseScalar(node, { ...parsing, field })];
  return node.items.map((item, index) => parseScalar(item, { ...parsing, field: `${field}[${index}]` }));
}

function parseScalar<T>(node: unknown, { refuse, field, parse }: Parsing<T>): T {
  if (!isScalar(node) || node.value === null) throw refuse(placeOf(node), `${field} is no plain value`);
  // As written: 1e3 and 0x10 are no numbers of hosts.
  const text = typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const why = error.message.replace(/^Cannot parse .*?"(?:[^"\\]|\\.)*": /, "");
    throw refuse(node, `${field} is ${JSON.stringify(text)}: ${why}`);
  }
}

function placeOf(node: unknown): Place | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) ? node : undefined;
}

function parseLength(text: string): number {
  const length = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(length <= 128)) throw new SyntaxError("want a length from 0 to 128");
  return length;
}

function parseFamily(text: string): IpFamily {
  if (text !== "ipv4" && text !== "ipv6") throw new SyntaxError("want ipv4 or ipv6");
  return text;
}
