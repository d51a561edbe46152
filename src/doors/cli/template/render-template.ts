import { nearest } from "../../../lib/mod.ts";
import { at, entriesOf, formatValue, functions, isTrue } from "./functions.ts";
import type { Call, Node, Pipeline, Term } from "./syntax.ts";

interface Scope {
  readonly dot: unknown;
  /** `$` is the thing itself. */
  readonly variables: Map<string, unknown>;
}

/** @throws {SyntaxError} for a field that the thing has not, and for an unknown function. */
export function renderTemplate(nodes: readonly Node[], thing: unknown): string {
  return renderAll(nodes, { dot: thing, variables: new Map([["$", thing]]) });
}

function renderAll(nodes: readonly Node[], scope: Scope): string {
  return nodes.map((node) => render(node, scope)).join("");
}

function render(node: Node, scope: Scope): string {
  switch (node.kind) {
    case "text":
      return node.text;
    case "print":
      return formatValue(evaluate(node.value, scope));
    case "set":
      scope.variables.set(node.name, evaluate(node.value, scope));
      return "";
    case "if":
      return renderAll(isTrue(evaluate(node.test, scope)) ? node.body : node.otherwise, inner(scope, scope.dot));
    case "with": {
      const dot = evaluate(node.test, scope);
      return isTrue(dot) ? renderAll(node.body, inner(scope, dot)) : renderAll(node.otherwise, inner(scope, scope.dot));
    }
    case "range": {
      const entries = entriesOf(evaluate(node.over, scope));
      if (entries.length === 0) return renderAll(node.otherwise, inner(scope, scope.dot));
      return entries
        .map(([key, value]) => renderAll(node.body, named(inner(scope, value), node.names, key, value)))
        .join("");
    }
  }
}

function inner({ variables }: Scope, dot: unknown): Scope {
  return { dot, variables: new Map(variables) };
}

/** One name is the value's; of two, the first is the key's. */
function named(scope: Scope, names: readonly string[], key: unknown, value: unknown): Scope {
  const [first, second] = names;
  if (first !== undefined) scope.variables.set(first, second === undefined ? value : key);
  if (second !== undefined) scope.variables.set(second, value);
  return scope;
}

function evaluate(pipeline: Pipeline, scope: Scope): unknown {
  return pipeline.reduce<{ readonly value?: unknown }>(
    (before, call) => ({ value: evaluateCall(call, scope, "value" in before ? [before.value] : []) }),
    {},
  ).value;
}

function evaluateCall([head, ...rest]: Call, scope: Scope, piped: readonly unknown[]): unknown {
  if (head === undefined) return undefined;
  const values = [...rest.map((term) => evaluateTerm(term, scope)), ...piped];
  if (head.kind === "function") return callFunction(head.name, values);
  const value = evaluateTerm(head, scope);
  // Docker's `{{.Label "name"}}`.
  if (typeof value === "function") return Reflect.apply(value, undefined, values);
  if (values.length > 0) throw new SyntaxError("a value cannot be called with arguments, want a function such as json");
  return value;
}

function evaluateTerm(term: Term, scope: Scope): unknown {
  if (term.kind === "literal") return term.value;
  if (term.kind === "function") return callFunction(term.name, []);
  const { of, path } = term;
  if (of === "dot") return follow(scope.dot, path, scope.variables.get("$"));
  if ("pipeline" in of) return follow(evaluate(of.pipeline, scope), path, undefined);
  if (!scope.variables.has(of.variable)) throw new SyntaxError(`there is no variable ${of.variable}`);
  return follow(scope.variables.get(of.variable), path, scope.variables.get("$"));
}

/** A field that the thing itself has not is a slip; what lies deeper may be a map of anything. */
function follow(start: unknown, path: readonly string[], thing: unknown): unknown {
  const [first] = path;
  if (
    first !== undefined &&
    start === thing &&
    typeof thing === "object" &&
    thing !== null &&
    !Object.hasOwn(thing, first)
  ) {
    const known = Object.keys(thing);
    const meant = nearest(first, known);
    throw new SyntaxError(
      `there is no field .${first}, ${meant === undefined ? `want one of ${known.join(", ")}` : `did you mean .${meant}?`}`,
    );
  }
  return path.reduce<unknown>((value, key) => at(value, key), start);
}

function callFunction(name: string, values: readonly unknown[]): unknown {
  const call = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (call === undefined)
    throw new SyntaxError(`there is no function ${name}, want one of ${Object.keys(functions).join(", ")}`);
  return call(...values);
}
