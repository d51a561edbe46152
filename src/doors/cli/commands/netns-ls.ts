import { type NamespaceLink, type NamespaceView, viewNamespaces } from "../../../insight/state/mod.ts";
import { defineCommand } from "../command.ts";
import { option } from "../option.ts";
import { printable } from "../printable.ts";
import { readNames } from "../values/place.ts";

/** Of links and processes in one cell. */
const MOST_SHOWN = 4;

export const netnsLs = defineCommand({
  name: "netns ls",
  summary: "List all network namespaces of this machine and what is in them",
  details:
    "Those with a name of ip netns, those of processes, and sandboxes of Weft's; the one that the command runs in comes first. One that only a descriptor holds cannot be found. A link is shown with its addresses and with the link at its other end. No daemon is started: with one running, sandboxes have their names.",
  options: { quiet: option.flag("Print what to call them only, for --in", { short: "q" }) },
  operands: {},
  daemon: "ask",
  examples: [
    { line: "weft netns ls", says: "A table" },
    { line: "weft netns ls --json", says: "With every process, link and address, for programs" },
  ],
  async run({ options, client, out, host }) {
    const namespaces = viewNamespaces(await readNames({ client, host }));
    if (options.json) return out.json(namespaces);
    if (options.quiet) return out.lines(namespaces.map(({ label }) => printable(label)));
    out.table(namespaces, {
      NAMESPACE: { cell: formatLabel, colour: ({ own }) => (own ? "green" : undefined) },
      INODE: ({ ino }) => String(ino),
      KIND: formatKind,
      PROCESSES: ({ processes }) => some(processes.map(({ name, pid }) => `${name}/${pid}`)),
      LINKS: ({ links }) => some(links.filter(isTelling).map(formatLink)),
    });
  },
});

function formatLabel({ label, own, names }: NamespaceView): string {
  const others = names.filter((name) => name !== label);
  return `${label}${others.length === 0 ? "" : ` (${others.join(",")})`}${own ? " *" : ""}`;
}

function formatKind({ sandboxes, names, processes }: NamespaceView): string {
  if (sandboxes.length > 0) return "sandbox";
  if (names.length > 0) return "named";
  return processes.length > 0 ? "processes" : "bound";
}

/** Every namespace has a loopback. */
function isTelling({ name, addresses }: NamespaceLink): boolean {
  return name !== "lo" || addresses.some((address) => !/^(127\.0\.0\.1|::1)\//.test(address));
}

/** `eth0 10.7.0.5/24 to veth7 of pid:1`. */
function formatLink({ name, addresses, lower }: NamespaceLink): string {
  const peer = lower === undefined ? [] : [`to ${lower.link} of ${lower.namespace}`];
  return [name, ...addresses.filter((address) => !address.startsWith("fe80:")), ...peer].join(" ");
}

function some(texts: readonly string[]): string {
  if (texts.length === 0) return "-";
  const more = texts.length - MOST_SHOWN;
  return more > 0 ? `${texts.slice(0, MOST_SHOWN).join(", ")} and ${more} more` : texts.join(", ");
}
