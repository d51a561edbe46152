import { checkKeys, suggest, type Warn } from "./check-keys.ts";
import { child, type Field, refuse, textOf } from "./field.ts";
import { EXTENDS_KEYS } from "./key-tables.ts";
import { mergeTrees } from "./merge.ts";
import { type MapEntry, type MapNode, type Node, textNode } from "./node.ts";
import { directoryOf, resolvePath } from "./path.ts";

export interface ExtendsContext {
  /** Base of relative paths, absolute. */
  readonly directory: string;
  /** Parsed and interpolated; `undefined` when there is no such file. */
  readonly loadTree: (path: string) => MapNode | undefined;
  readonly warn: Warn;
}

/**
 * Replaces every service that extends another by the two merged. Source: Compose Specification, "extends".
 *
 * @throws {ComposeError} for an unknown file or service, and services that extend one another.
 */
export function resolveExtends(tree: MapNode, context: ExtendsContext): MapNode {
  const services = tree.entries.get("services");
  if (services?.value.kind !== "map") return tree;
  const resolved = new Map<string, MapEntry>();
  for (const [name, entry] of services.value.entries) {
    resolved.set(name, { ...entry, value: resolveService({ tree, name, context, trail: [] }) ?? entry.value });
  }
  const entries = new Map(tree.entries);
  entries.set("services", { ...services, value: { ...services.value, entries: resolved } });
  return { ...tree, entries };
}

interface Step {
  readonly tree: MapNode;
  readonly name: string;
  readonly context: ExtendsContext;
  /** What led here: `FILE services.NAME`. */
  readonly trail: readonly string[];
}

function resolveService({ tree, name, context, trail }: Step): Node | undefined {
  const services = child({ node: tree, path: "" }, "services");
  const service = services && child(services, name);
  if (service === undefined || service.node.kind !== "map") return service?.node;
  const field = child(service, "extends");
  if (field === undefined) return service.node;
  const { base, file } = readExtends(field, context.warn);
  const here = `${tree.position.file} ${service.path}`;
  if (trail.includes(here))
    throw refuse(field, `the services extend one another: ${[...trail, here].join(" -> ")}: want an end`);
  const path = file === undefined ? undefined : resolvePath(context.directory, textOf(file, "a path"));
  const other = path === undefined ? tree : context.loadTree(path);
  if (other === undefined) throw refuse(file ?? field, `no file ${JSON.stringify(path)}: want a Compose file`);
  const directory = path === undefined ? context.directory : directoryOf(path);
  const inner: ExtendsContext = { ...context, directory };
  const found = resolveService({ tree: other, name: base.text, context: inner, trail: [...trail, here] });
  if (found === undefined || found.kind !== "map") {
    const known = child({ node: other, path: "" }, "services");
    const names = known?.node.kind === "map" ? [...known.node.entries.keys()] : [];
    throw refuse(
      base.field,
      `no service ${JSON.stringify(base.text)} in ${other.position.file}: ${suggest(base.text, names)}`,
    );
  }
  const rebased = directory === context.directory ? found : rebasePaths(found, directory);
  return mergeTrees(rebased, withoutExtends(service.node), ["services", name]);
}

function readExtends(
  field: Field,
  warn: Warn,
): { readonly base: { readonly text: string; readonly field: Field }; readonly file: Field | undefined } {
  if (field.node.kind === "scalar") return { base: { text: textOf(field), field }, file: undefined };
  checkKeys(field, EXTENDS_KEYS, warn, 'a service\'s name, or a mapping with "service"');
  const service = child(field, "service");
  if (service === undefined) throw refuse(field, '"service" is missing: want the service to extend');
  return { base: { text: textOf(service, "a service's name"), field: service }, file: child(field, "file") };
}

function withoutExtends(service: MapNode): MapNode {
  const entries = new Map(service.entries);
  entries.delete("extends");
  return { ...service, entries };
}

/** Paths of a file in another directory are relative to that one: they are made absolute before the services merge. */
function rebasePaths(service: MapNode, directory: string): MapNode {
  const absolute = (node: Node): Node =>
    node.kind === "scalar" && node.value !== null ? textNode(resolvePath(directory, node.text), node.position) : node;
  const rebase = (node: Node): Node => {
    switch (node.kind) {
      case "scalar":
        return absolute(node);
      case "list":
        return { ...node, items: node.items.map(rebase) };
      case "map": {
        const path = node.entries.get("path");
        if (path === undefined) return node;
        return { ...node, entries: new Map(node.entries).set("path", { ...path, value: absolute(path.value) }) };
      }
    }
  };
  const entries = new Map(service.entries);
  for (const key of ["env_file", "label_file", "working_dir"]) {
    const entry = entries.get(key);
    if (entry !== undefined) entries.set(key, { ...entry, value: rebase(entry.value) });
  }
  return { ...service, entries };
}
