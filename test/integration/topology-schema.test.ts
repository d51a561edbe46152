import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Place, privileged, run } from "../support/mod.ts";

const root = join(import.meta.dir, "../..");
const here: Place = { netnsPath: "/proc/self/ns/net" };

const script = `
import json, sys, yaml
from jsonschema import Draft202012Validator
schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
errors = Draft202012Validator(schema).iter_errors(yaml.safe_load(sys.stdin))
print(json.dumps(["/".join(str(key) for key in error.absolute_path) for error in errors]))
`;

/** Where a validator that is not ours finds the text at odds with the published schema. */
async function faults(text: string): Promise<unknown> {
  const command = ["python3", "-c", script, join(root, "docs/topology.schema.json")];
  const { stdout, stderr } = await run(here, command, { stdin: text });
  if (stdout === "") throw new Error(`Cannot validate: ${stderr}`);
  return JSON.parse(stdout);
}

const examples = join(root, "examples/topologies");

test.if(privileged).each(readdirSync(examples))("the example %s is as the published schema has it", async (file) => {
  expect(await faults(await Bun.file(join(examples, file)).text())).toEqual([]);
});

const wrong = [
  { text: "namespaces: {}", at: "" },
  { text: "topology: t\nnamespaces: { red: { forwarding: 7 } }", at: "namespaces/red" },
  { text: "topology: t\nhost: { routes: [{ to: default, vai: 10.0.0.1 }] }", at: "host/routes/0" },
  {
    text: "topology: t\nhost: { firewall: { input: { rules: [{ ports: 70000, action: accept }] } } }",
    at: "host/firewall/input/rules/0/ports",
  },
] as const;

test.if(privileged).each(wrong)("the published schema finds what is wrong in $text", async ({ text, at }) => {
  expect(await faults(text)).toEqual([at]);
});
