import { expect, test } from "bun:test";
import { importProblems, importsOf } from "./check-imports.ts";
import type { Layer } from "./layers.ts";

const table: readonly Layer[] = [
  { folder: "src/lib", pure: true, imports: [] },
  { folder: "src/net", pure: true, imports: ["src/lib"], packages: ["zod"] },
  { folder: "src/sys", imports: ["src/lib"], ffi: true },
  { folder: "src/engine/plan", pure: true, imports: ["src/net"] },
  { folder: "src/engine", imports: ["src/*"] },
];

const cases: readonly { name: string; path: string; specifier: string; problem: string | undefined }[] = [
  { name: "a file of its own folder", path: "src/net/ip.ts", specifier: "./mac.ts", problem: undefined },
  { name: "a lower folder's door", path: "src/net/ip.ts", specifier: "../lib/mod.ts", problem: undefined },
  {
    name: "a lower folder's inside",
    path: "src/net/ip.ts",
    specifier: "../lib/brand.ts",
    problem: "want its folder's mod.ts",
  },
  {
    name: "a higher folder",
    path: "src/lib/x.ts",
    specifier: "../net/mod.ts",
    problem: "src/lib may import only itself",
  },
  {
    name: "files, in a pure folder",
    path: "src/net/ip.ts",
    specifier: "node:fs",
    problem: "src/net is pure, such things arrive as arguments",
  },
  { name: "files, in an acting folder", path: "src/sys/x.ts", specifier: "node:fs", problem: undefined },
  { name: "bun:ffi in sys", path: "src/sys/x.ts", specifier: "bun:ffi", problem: undefined },
  {
    name: "bun:ffi elsewhere",
    path: "src/engine/x.ts",
    specifier: "bun:ffi",
    problem: "only src/sys calls the C library",
  },
  { name: "a package that it lists", path: "src/net/ip.ts", specifier: "zod", problem: undefined },
  {
    name: "a part of a package that it does not list",
    path: "src/lib/x.ts",
    specifier: "zod/mini",
    problem: "src/lib does not list that package in tools/layers.ts",
  },
  {
    name: "a folder of the same house that has no door",
    path: "src/engine/a.ts",
    specifier: "./plan/op.ts",
    problem: undefined,
  },
  {
    name: "a folder below one that is allowed whole",
    path: "src/engine/a.ts",
    specifier: "../net/mod.ts",
    problem: undefined,
  },
  { name: "a higher folder, in a test", path: "src/lib/x.test.ts", specifier: "../net/mod.ts", problem: undefined },
  {
    name: "a higher folder's inside, in a test",
    path: "src/lib/x.test.ts",
    specifier: "../net/ip.ts",
    problem: "want its folder's mod.ts",
  },
  {
    name: "test support, in a test",
    path: "src/lib/x.test.ts",
    specifier: "../../test/support/mod.ts",
    problem: undefined,
  },
  {
    name: "test support, in the program",
    path: "src/lib/x.ts",
    specifier: "../../test/support/mod.ts",
    problem: "it lies in no layer of tools/layers.ts",
  },
];
test.each(cases)("importProblems judges $name", ({ path, specifier, problem }) => {
  const problems = importProblems({ path, imports: [specifier] }, table, (folder) => folder !== "src/engine/plan");
  const sentence = `${path} must not import ${JSON.stringify(specifier)}: ${problem}`;
  expect(problems).toEqual(problem === undefined ? [] : [sentence]);
});

test("importProblems names a file that lies in no layer", () => {
  expect(importProblems({ path: "src/new/x.ts", imports: [] }, table, () => true)).toEqual([
    "src/new/x.ts lies in no layer: add its folder to tools/layers.ts",
  ]);
});

test("importsOf finds every form of import, and none in comments or strings", () => {
  const text = `
    import { a } from "./a.ts";
    import type { B } from "./b.ts";
    import {
      c,
      type D,
    } from "./c.ts";
    import "./d.ts";
    export { e } from "./e.ts";
    export * from "./f.ts";
    // import { no } from "./comment.ts";
    /* import { no } from "./block.ts"; */
    const text = "import x from './string.ts'";
    export const from = "not-a-module";
    const later = await import("./g.ts");`;
  expect(importsOf(text)).toEqual(["./a.ts", "./b.ts", "./c.ts", "./d.ts", "./e.ts", "./f.ts", "./g.ts"]);
});
