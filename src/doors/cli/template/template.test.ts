import { describe, expect, test } from "bun:test";
import { parseTemplate } from "./parse-template.ts";
import { renderTemplate } from "./render-template.ts";

const thing = {
  Name: "web",
  Count: 3,
  Internal: false,
  Labels: { b: "2", a: "1" },
  IPAM: { Config: [{ Subnet: "10.0.0.0/24", Gateway: "10.0.0.1" }, { Subnet: "fd00::/64" }] },
  Networks: { front: { IPAddress: "10.0.0.2" }, back: { IPAddress: "10.1.0.2" } },
  Empty: [],
  Label: (name: unknown) => `label ${name}`,
};

// As Go's text/template and Docker's functions have it.
const cases: readonly (readonly [template: string, text: string])[] = [
  ["plain", "plain"],
  ["{{.Name}}", "web"],
  ["{{ .Name }}: {{.Count}} {{.Internal}}", "web: 3 false"],
  ["{{json .Labels}}", '{"b":"2","a":"1"}'],
  ["{{.Labels | json}}", '{"b":"2","a":"1"}'],
  ["{{.Labels}}", "map[a:1 b:2]"],
  ["{{.Labels.a}}{{.Labels.none}}", "1<no value>"],
  ['{{index .Labels "b"}}{{index .Labels "none"}}', "2"],
  ["{{(index .IPAM.Config 0).Subnet}}", "10.0.0.0/24"],
  ["{{range .IPAM.Config}}{{.Subnet}} {{end}}", "10.0.0.0/24 fd00::/64 "],
  ["{{range $name, $net := .Networks}}{{$name}}={{$net.IPAddress}};{{end}}", "back=10.1.0.2;front=10.0.0.2;"],
  ["{{range $i, $c := .IPAM.Config}}{{if $i}}, {{end}}{{$c.Subnet}}{{end}}", "10.0.0.0/24, fd00::/64"],
  ["{{range .Empty}}x{{else}}none{{end}}", "none"],
  ["{{range .IPAM.Config}}{{$.Name}}{{end}}", "webweb"],
  ['{{if .Internal}}in{{else if eq .Name "web"}}web{{else}}out{{end}}', "web"],
  ["{{with .Labels}}{{.a}}{{end}}", "1"],
  ["{{$x := .Name}}{{upper $x}}", "WEB"],
  ["{{len .IPAM.Config}} {{len .Name}}", "2 3"],
  ['{{join (split "a,b" ",") "-"}}', "a-b"],
  ['{{printf "%-5s|%q|%d%%" .Name .Name .Count}}', 'web  |"web"|3%'],
  ["a {{- .Name -}} b", "awebb"],
  ["{{/* nothing */}}x{{- /* nothing */ -}} y", "xy"],
  ['{{"}}"}}{{`{{`}}', "}}{{"],
  ['{{.Label "x"}}', "label x"],
  ["{{if and .Name (not .Internal)}}yes{{end}}", "yes"],
  ["{{println .Name}}", "web\n"],
];

describe("templates", () => {
  test.each(cases)("%s", (template, text) => {
    expect(renderTemplate(parseTemplate(template), thing)).toBe(text);
  });

  test.each([
    ["{{.Nmae}}", "there is no field .Nmae, did you mean .Name?"],
    ["{{jsn .}}", "there is no function jsn, want one of json, join,"],
    ["{{.Name", `"{{.Name" has no closing }}`],
    ["{{if .Name}}x", "an {{if}}, {{range}} or {{with}} has no {{end}}"],
    ["x{{end}}", "{{end}} stands without an {{if}}"],
    ["{{if .A}}{{else}}{{else}}{{end}}", "{{else}} stands twice in one block"],
    ["{{.Name ;}}", `{{.Name ;}} does not go on with " ;"`],
    ["{{}}", `{{}} does not go on with "its end"`],
    ["{{(.Name}}", "a ( has no )"],
    ["{{.Name .Count}}", "a value cannot be called with arguments"],
    ["{{$x}}", "there is no variable $x"],
  ])("refuses %s", (template, message) => {
    const rendering = (): string => renderTemplate(parseTemplate(template), thing);
    expect(rendering).toThrow(SyntaxError);
    expect(rendering).toThrow(message);
  });
});

test("whatever is written is text or a sentence, and never another error", () => {
  const fragments = [
    "{{",
    "}}",
    "{{-",
    "-}}",
    "range",
    "if",
    "else",
    "end",
    "with",
    "json",
    "index",
    ".",
    ".Name",
    ".Labels",
    "$x",
    "$",
    ":=",
    ",",
    "|",
    "(",
    ")",
    '"a"',
    "`",
    "1",
    "-",
    " ",
    "text",
    "/*",
    "*/",
    "\\",
    '"',
    "nil",
    "printf",
    "%s%d%",
  ];
  const random = seededRandom(1);
  let rendered = 0;
  for (let round = 0; round < 20_000; round++) {
    const length = 1 + Math.floor(random() * 12);
    const template = Array.from({ length }, () => fragments[Math.floor(random() * fragments.length)]).join("");
    try {
      expect(renderTemplate(parseTemplate(template), thing)).toBeString();
      rendered++;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw new Error(`On ${JSON.stringify(template)}`, { cause: error });
    }
  }
  expect(rendered).toBeGreaterThan(1000);
});

/** The same numbers in every run. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
