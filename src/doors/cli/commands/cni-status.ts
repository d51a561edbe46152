import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type NodeFinding, readNodeCondition, setSwitches } from "../../../insight/node-condition/mod.ts";
import { defineCommand } from "../command.ts";
import { option } from "../option.ts";
import { printable } from "../printable.ts";
import { replaceWithText } from "../values/replace-file.ts";

const SYSCTL_FILE = "/etc/sysctl.d/90-weft-cni.conf";

export const cniStatus = defineCommand({
  name: "cni status",
  summary: "Say what this node lacks for containers to have networks, and mend it",
  details:
    "Looks at forwarding, at br_netfilter, at filters of others that drop what is forwarded (iptables-legacy's too), and at which network configuration a runtime takes. --fix sets the switches, and writes them to a file that sets them with every boot. What is not ours to change it says, with what to do. Exit code 1 when something lacks.",
  options: {
    confDir: option.value("DIR", "Where runtimes have their networks (default /etc/cni/net.d)", String, {
      complete: "directory",
    }),
    fix: option.flag("Mend what can be mended"),
    sysctlFile: option.value("FILE", `What --fix writes (default ${SYSCTL_FILE})`, String, { complete: "file" }),
  },
  operands: {},
  daemon: "none",
  examples: [
    { line: "weft cni status", says: "A table" },
    { line: "weft cni status --fix", says: "Mend it, and keep it mended" },
  ],
  async run({ options, out }) {
    const { confDir = "/etc/cni/net.d", sysctlFile = SYSCTL_FILE } = options;
    if (options.fix) await fix(readNodeCondition(), sysctlFile);
    const findings = [...readNodeCondition(), await readConfiguration(confDir)];
    const isLacking = findings.some(({ state }) => state === "lacking");
    if (options.json) out.json(findings.map(({ what, state, sentence }) => ({ what, state, sentence })));
    else {
      out.table(findings, {
        WHAT: ({ what }) => what,
        STATE: { cell: ({ state }) => state, colour: ({ state }) => (state === "ok" ? "green" : "red") },
        DETAIL: ({ sentence }) => printable(sentence),
      });
    }
    return isLacking ? 1 : 0;
  },
});

/** Only the switches that are off: what was set otherwise by choice is not in the file. */
async function fix(findings: readonly NodeFinding[], path: string): Promise<void> {
  const remedies = findings.flatMap(({ remedy }) => remedy ?? []);
  if (remedies.length === 0) return;
  setSwitches(remedies);
  const known = await readFile(path, "utf8").catch(() => "# Written by weft cni status --fix.\n");
  const lines = remedies.map(({ sysctl, value }) => `${sysctl.replaceAll("/", ".")} = ${value}`);
  const missing = lines.filter((line) => !known.split("\n").includes(line));
  if (missing.length === 0) return;
  await replaceWithText(path, [...(known === "" ? [] : [known.replace(/\n$/, "")]), ...missing, ""].join("\n"));
}

/** The lexically first file is the network of every container, whoever wrote it. */
async function readConfiguration(directory: string): Promise<NodeFinding> {
  const what = "network configuration";
  const names = (await readdir(directory).catch(() => []))
    .filter((name) => /\.(conf|conflist|json)$/.test(name))
    .sort();
  const [first, ...others] = names;
  if (first === undefined)
    return { what, state: "lacking", sentence: `${directory} has none: weft cni install writes one` };
  const text = await readFile(join(directory, first), "utf8").catch(() => undefined);
  if (text === undefined)
    return { what, state: "lacking", sentence: `${first} is no file that can be read: no runtime takes another then` };
  const types = typesOf(text);
  if (types === undefined)
    return { what, state: "lacking", sentence: `${first} is no JSON: no runtime takes another then` };
  const beside = others.length === 0 ? "" : `, before ${others.join(", ")}`;
  return { what, state: "ok", sentence: `${first} is taken (${types.join(", ")})${beside}` };
}

function typesOf(text: string): readonly string[] | undefined {
  try {
    const value = JSON.parse(text) as {
      readonly type?: unknown;
      readonly plugins?: readonly { readonly type?: unknown }[];
    };
    return (value.plugins ?? [value]).map(({ type }) => String(type));
  } catch {
    return undefined;
  }
}
